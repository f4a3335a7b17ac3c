// Changes on top of a table that is not touched: a decision works on overlays, so that what it decides late
// sees what it decided early, and folding writes the same changes into the tables.
// The code of an overlay is made once, beside that of its table (see overlay_rows.h).
// Thread safety: none; one thread at a time, as the table below. A pointer to a row is good until the next
// change of that row.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_

#include <memory>

#include "common/state/table.h"

namespace sanyuan::delivery_tracking {

template <typename Key, typename Row>
class Overlay {
 public:
  // REQUIRES: `base` outlives the overlay and does not change.
  explicit Overlay(const state::Table<Key, Row>& base);
  ~Overlay();
  Overlay(Overlay&& other) noexcept;

  const Row* Find(const Key& key) const;
  bool Contains(const Key& key) const { return Find(key) != nullptr; }

  // The row to change; made with default values when there is none.
  Row& Mutate(const Key& key);
  void Put(const Key& key, Row row);
  void Erase(const Key& key);

  // Rows in key order from `first` on, while `visit` returns true. REQUIRES: no change meanwhile.
  void ForEachFrom(const Key& first, absl::FunctionRef<bool(const Key&, const Row&)> visit) const;

  // REQUIRES: `table` is the one below.
  void FlushTo(state::Table<Key, Row>& table);

 private:
  struct Changes;

  const state::Table<Key, Row>* base_;
  std::unique_ptr<Changes> changes_;  // Null while there are none.
};

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_
