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
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/state/code.h"
#include "common/state/store.h"

namespace sanyuan::state {

template <typename Key, typename Row>
class Table final : public TableBase {
 public:
  struct Entry {
    Key key;
    Row row;
    uint64_t record = 0;          // The record that made this version.
    mutable bool in_sum = false;  // Whether the table's sum includes it; used by the owning thread alone.
  };

  Table(Store& store, std::string name, Content content);
  ~Table() override;

  // From now on Store::TakeChanges reports changed rows of this table.
  void Track() { tracked_ = true; }

  // Null when there is no such row.
  const Row* Find(const Key& key) const;
  bool Contains(const Key& key) const { return Find(key) != nullptr; }
  size_t size() const;
  bool empty() const { return size() == 0; }

  // The row to change in the current record; made with default values when there is none.
  Row& Mutate(const Key& key);
  void Put(const Key& key, Row row);
  // Nothing happens when there is no such row.
  void Erase(const Key& key);

  // Rows in key order. `first` is where to start; stops when `visit` returns false.
  void ForEachFrom(const Key& first, absl::FunctionRef<bool(const Key&, const Row&)> visit) const;
  void ForEach(absl::FunctionRef<void(const Key&, const Row&)> visit) const;

  // REQUIRES: `change.table` is this table.
  static const Entry& EntryOf(const Change& change) { return *static_cast<const Entry*>(change.entry.get()); }

 private:
  using EntryPtr = std::shared_ptr<Entry>;
  struct Versions;

  void Retire(const EntryPtr& entry);
  void Supersede(const Key& key, EntryPtr& current, EntryPtr next);
  bool IsCurrent(const EntryPtr& entry) const;
  std::string_view Bytes(const Entry& entry);

  void AcceptTo(uint64_t height) override;
  void UndoAbove(uint64_t height) override;
  void UpdateSums() override;
  std::vector<std::shared_ptr<const void>> CaptureEntries() const override;
  std::vector<std::shared_ptr<const void>> AcceptedEntries() const override;
  void EncodeEntry(const void* entry, std::string& out) const override;
  bool LoadEntry(std::string_view bytes) override;
  void Clear() override;

  const std::unique_ptr<Versions> versions_;
};

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_H_
