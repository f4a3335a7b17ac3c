// One table of a Store: rows of a struct, ordered by a key struct.
//
//   struct OrderKey { County county; Code licence; std::string id; auto operator<=>(const OrderKey&) const = default;
//                     static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence, self.id); } };
//   Table<OrderKey, Order> orders{store, "orders", Content::kBusiness};
//
// A key without `county` belongs to no county (0). Rows should stay small, a change copies the row once for
// each record: what grows without bound (the orders of a window) is a table of its own, not a vector in a row.
// The code of a table is made once, in the one file that includes common/state/table_rows.h and instantiates it:
//   template class state::Table<OrderKey, Order>;
// Thread safety: as its Store. A pointer or reference to a row is good until the next change of the table.
#ifndef SANYUAN_COMMON_STATE_TABLE_H_
#define SANYUAN_COMMON_STATE_TABLE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/state/code.h"
#include "common/state/store.h"
#include "common/state/table_base.h"

namespace sanyuan::state {

template <typename Key, typename Row>
class Table final : public TableBase {
 public:
  struct Entry : Version {
    Entry(uint64_t made_by, Key entry_key, Row entry_row)
        : Version{made_by}, key(std::move(entry_key)), row(std::move(entry_row)) {}
    Key key;
    Row row;
  };

  Table(Store& store, std::string name, Content content);
  ~Table() override;

  using TableBase::HoldsPlaces;
  // Rows say, beside other things, where records stand in this journal; `forget` clears that.
  void HoldsPlaces(void (*forget)(Row&)) { forget_places_ = forget; }

  size_t size() const override;
  // Null when there is no such row.
  const Row* Find(const Key& key) const;
  bool Contains(const Key& key) const { return Find(key) != nullptr; }

  // The row to change in the current record; made with default values when there is none.
  Row& Mutate(const Key& key);
  void Put(const Key& key, Row row);
  // Nothing happens when there is no such row.
  void Erase(const Key& key);

  // Rows in key order. `first` is where to start; stops when `visit` returns false.
  void ForEachFrom(const Key& first, absl::FunctionRef<bool(const Key&, const Row&)> visit) const;
  void ForEach(absl::FunctionRef<void(const Key&, const Row&)> visit) const;

  // REQUIRES: `change.table` is this table.
  static const Entry& EntryOf(const Change& change) { return Typed(*change.version); }

 private:
  struct Rows;

  static const Entry& Typed(const Version& version) { return static_cast<const Entry&>(version); }

  VersionPtr* PlaceOf(const Version& version) override;
  void Insert(VersionPtr version) override;
  void Remove(const Version& version) override;
  void RemoveAll() override;
  void ForEachVersion(absl::FunctionRef<void(const VersionPtr&)> visit) const override;
  const Version* Last() const override;
  bool IsBefore(const Version& a, const Version& b) const override;
  County CountyOf(const Version& version) const override;
  void Encode(const Version& version, std::string& out) const override;
  bool ForgetsPlaces() const override { return forget_places_ != nullptr; }
  void EncodeWithoutPlaces(const Version& version, std::string& out) const override;
  VersionPtr Decode(std::string_view bytes) const override;

  void (*forget_places_)(Row&) = nullptr;
  const std::unique_ptr<Rows> rows_;
};

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_H_
