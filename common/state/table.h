// One table of a Store: rows of a struct, ordered by a key struct.
//
//   struct OrderKey { County county; Code licence; std::string id; auto operator<=>(const OrderKey&) const = default;
//                     static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence, self.id); } };
//   Table<OrderKey, Order> orders{store, "orders", Content::kBusiness};
//
// A key without `county` belongs to no county (0). Rows should stay small, a change copies the row once for
// each record: what grows without bound (the orders of a window) is a table of its own, not a vector in a row.
// Thread safety: as its Store. A pointer or reference to a row is good until the next change of the table.
#ifndef SANYUAN_COMMON_STATE_TABLE_H_
#define SANYUAN_COMMON_STATE_TABLE_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "common/state/codec.h"
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
  using EntryPtr = std::shared_ptr<Entry>;
  using Rows = absl::btree_map<Key, EntryPtr>;

  Table(Store& store, std::string name, Content content) : TableBase(store, std::move(name), content) {}

  // From now on Store::TakeChanges reports changed rows of this table.
  void Track() { tracked_ = true; }

  const Row* Find(const Key& key) const {
    const auto it = rows_.find(key);
    return it == rows_.end() ? nullptr : &it->second->row;
  }
  bool Contains(const Key& key) const { return rows_.contains(key); }
  size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }

  // The row to change in the current record; made with default values when there is none.
  Row& Mutate(const Key& key) {
    auto [it, inserted] = rows_.try_emplace(key);
    EntryPtr& current = it->second;
    if (inserted) {
      Supersede(key, current, std::make_shared<Entry>(Entry{key, Row{}, record()}));
    } else if (current->record != record() || current->in_sum) {
      Supersede(key, current, std::make_shared<Entry>(Entry{key, current->row, record()}));
    }
    return current->row;
  }
  void Put(const Key& key, Row row) { Mutate(key) = std::move(row); }
  // Nothing happens when there is no such row.
  void Erase(const Key& key) {
    const auto it = rows_.find(key);
    if (it == rows_.end()) return;
    if (tracked_) changes_.push_back({this, true, it->second});
    Retire(it->second);
    undo_.push_back({record(), key, std::move(it->second)});
    rows_.erase(it);
  }

  // Rows in key order. `first` is where to start; stops when `visit` returns false.
  template <typename Visit>
  void ForEachFrom(const Key& first, Visit visit) const {
    for (auto it = rows_.lower_bound(first); it != rows_.end(); ++it) {
      if (!visit(it->first, it->second->row)) return;
    }
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [key, entry] : rows_) visit(key, entry->row);
  }

  // REQUIRES: `change.table` is this table.
  static const Entry& EntryOf(const Change& change) { return *static_cast<const Entry*>(change.entry.get()); }

 private:
  struct Undo {
    uint64_t record;
    Key key;
    EntryPtr before;  // Null: there was no row.
  };

  static County CountyOf(const Key& key) {
    if constexpr (requires { key.county; }) {
      return key.county;
    } else {
      return 0;
    }
  }

  void Retire(const EntryPtr& entry) {
    if (entry && entry->in_sum) retired_.push_back(entry);
  }

  void Supersede(const Key& key, EntryPtr& current, EntryPtr next) {
    Retire(current);
    undo_.push_back({record(), key, std::move(current)});
    fresh_.push_back(next);
    if (tracked_) changes_.push_back({this, false, next});
    current = std::move(next);
  }

  void AcceptTo(uint64_t height) override {
    while (!undo_.empty() && undo_.front().record <= height) undo_.pop_front();
  }

  void UndoAbove(uint64_t height) override {
    while (!undo_.empty() && undo_.back().record > height) {
      Undo& undo = undo_.back();
      if (const auto it = rows_.find(undo.key); it != rows_.end()) {
        Retire(it->second);
        if (undo.before) {
          it->second = undo.before;
        } else {
          rows_.erase(it);
        }
      } else if (undo.before) {
        rows_.emplace(undo.key, undo.before);
      }
      if (undo.before && !undo.before->in_sum) fresh_.push_back(undo.before);
      undo_.pop_back();
    }
  }

  bool IsCurrent(const EntryPtr& entry) const {
    const auto it = rows_.find(entry->key);
    return it != rows_.end() && it->second == entry;
  }

  std::string_view Bytes(const Entry& entry) {
    buffer_.clear();
    EncodeEntry(&entry, buffer_);
    return buffer_;
  }

  void UpdateSums() override {
    for (const EntryPtr& entry : retired_) {
      if (!entry->in_sum || IsCurrent(entry)) continue;
      sums_[CountyOf(entry->key)].Remove(Bytes(*entry));
      entry->in_sum = false;
    }
    retired_.clear();
    for (const EntryPtr& entry : fresh_) {
      if (entry->in_sum || !IsCurrent(entry)) continue;
      sums_[CountyOf(entry->key)].Add(Bytes(*entry));
      entry->in_sum = true;
    }
    fresh_.clear();
  }

  std::vector<std::shared_ptr<const void>> CaptureEntries() const override {
    std::vector<std::shared_ptr<const void>> entries;
    entries.reserve(rows_.size());
    for (const auto& [key, entry] : rows_) entries.push_back(entry);
    return entries;
  }

  void EncodeEntry(const void* entry, std::string& out) const override {
    const auto* typed = static_cast<const Entry*>(entry);
    EncodeTo(typed->key, out);
    EncodeTo(typed->row, out);
  }

  bool LoadEntry(std::string_view bytes) override {
    auto entry = std::make_shared<Entry>();
    Decoder decoder(bytes);
    decoder(entry->key, entry->row);
    if (!decoder.ok() || !decoder.AtEnd()) return false;
    if (!rows_.empty() && !(rows_.rbegin()->first < entry->key)) return false;
    fresh_.push_back(entry);
    rows_.emplace_hint(rows_.end(), entry->key, std::move(entry));
    return true;
  }

  void Clear() override {
    rows_.clear();
    undo_.clear();
    fresh_.clear();
    retired_.clear();
    changes_.clear();
    sums_.clear();
  }

  Rows rows_;
  std::deque<Undo> undo_;
  std::vector<EntryPtr> fresh_;    // Versions that no sum has seen yet, some of them outdated by now.
  std::vector<EntryPtr> retired_;  // Versions in the sum that were replaced, some of them current again.
  std::string buffer_;
};

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_H_
