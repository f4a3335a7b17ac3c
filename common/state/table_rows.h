// How a Table keeps its rows. Included only where tables are instantiated (see common/state/table.h): this is
// the part that is expensive to compile.
#ifndef SANYUAN_COMMON_STATE_TABLE_ROWS_H_
#define SANYUAN_COMMON_STATE_TABLE_ROWS_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "common/state/codec.h"
#include "common/state/table.h"

namespace sanyuan::state {

// When so many versions wait for it, the next acceptance takes them into the table's sums: who asks for a digest then
// waits for few, and outdated ones are not held for long.
inline constexpr size_t kSumAfter = 512;

template <typename Key, typename Row>
struct Table<Key, Row>::Versions {
  struct Undo {
    uint64_t record;
    Key key;
    EntryPtr before;  // Null: there was no row.
  };

  absl::btree_map<Key, EntryPtr> rows;
  std::deque<Undo> undo;
  std::vector<EntryPtr> fresh;    // Versions that no sum has seen yet, some of them outdated by now.
  std::vector<EntryPtr> retired;  // Versions in the sum that were replaced, some of them current again.
  std::string buffer;
};

template <typename Key>
County CountyOf(const Key& key) {
  if constexpr (requires { key.county; }) {
    return key.county;
  } else {
    return 0;
  }
}

template <typename Key, typename Row>
Table<Key, Row>::Table(Store& store, std::string name, Content content)
    : TableBase(store, std::move(name), content), versions_(std::make_unique<Versions>()) {}

template <typename Key, typename Row>
Table<Key, Row>::~Table() = default;

template <typename Key, typename Row>
const Row* Table<Key, Row>::Find(const Key& key) const {
  const auto it = versions_->rows.find(key);
  return it == versions_->rows.end() ? nullptr : &it->second->row;
}

template <typename Key, typename Row>
size_t Table<Key, Row>::size() const {
  return versions_->rows.size();
}

template <typename Key, typename Row>
Row& Table<Key, Row>::Mutate(const Key& key) {
  auto [it, inserted] = versions_->rows.try_emplace(key);
  EntryPtr& current = it->second;
  if (inserted) {
    Supersede(key, current, std::make_shared<Entry>(Entry{key, Row{}, record()}));
  } else if (current->record != record() || current->in_sum) {
    Supersede(key, current, std::make_shared<Entry>(Entry{key, current->row, record()}));
  }
  return current->row;
}

template <typename Key, typename Row>
void Table<Key, Row>::Put(const Key& key, Row row) {
  Mutate(key) = std::move(row);
}

template <typename Key, typename Row>
void Table<Key, Row>::Erase(const Key& key) {
  auto& rows = versions_->rows;
  const auto it = rows.find(key);
  if (it == rows.end()) return;
  if (tracked_) changes_.push_back({this, true, it->second});
  Retire(it->second);
  versions_->undo.push_back({record(), key, std::move(it->second)});
  rows.erase(it);
}

template <typename Key, typename Row>
void Table<Key, Row>::ForEachFrom(const Key& first,
                                  absl::FunctionRef<bool(const Key&, const Row&)> visit) const {
  const auto& rows = versions_->rows;
  for (auto it = rows.lower_bound(first); it != rows.end(); ++it) {
    if (!visit(it->first, it->second->row)) return;
  }
}

template <typename Key, typename Row>
void Table<Key, Row>::ForEach(absl::FunctionRef<void(const Key&, const Row&)> visit) const {
  for (const auto& [key, entry] : versions_->rows) visit(key, entry->row);
}

template <typename Key, typename Row>
void Table<Key, Row>::Retire(const EntryPtr& entry) {
  if (entry && entry->in_sum) versions_->retired.push_back(entry);
}

template <typename Key, typename Row>
void Table<Key, Row>::Supersede(const Key& key, EntryPtr& current, EntryPtr next) {
  Retire(current);
  versions_->undo.push_back({record(), key, std::move(current)});
  versions_->fresh.push_back(next);
  if (tracked_) changes_.push_back({this, false, next});
  current = std::move(next);
}

template <typename Key, typename Row>
bool Table<Key, Row>::IsCurrent(const EntryPtr& entry) const {
  const auto it = versions_->rows.find(entry->key);
  return it != versions_->rows.end() && it->second == entry;
}

template <typename Key, typename Row>
std::string_view Table<Key, Row>::Bytes(const Entry& entry) {
  versions_->buffer.clear();
  EncodeEntry(&entry, versions_->buffer);
  return versions_->buffer;
}

template <typename Key, typename Row>
void Table<Key, Row>::AcceptTo(uint64_t height) {
  auto& undo = versions_->undo;
  while (!undo.empty() && undo.front().record <= height) undo.pop_front();
  if (versions_->fresh.size() + versions_->retired.size() >= kSumAfter) UpdateSums();
}

template <typename Key, typename Row>
void Table<Key, Row>::UndoAbove(uint64_t height) {
  auto& rows = versions_->rows;
  auto& undos = versions_->undo;
  while (!undos.empty() && undos.back().record > height) {
    auto& undo = undos.back();
    if (const auto it = rows.find(undo.key); it != rows.end()) {
      Retire(it->second);
      if (undo.before) {
        it->second = undo.before;
      } else {
        rows.erase(it);
      }
    } else if (undo.before) {
      rows.emplace(undo.key, undo.before);
    }
    if (undo.before && !undo.before->in_sum) versions_->fresh.push_back(undo.before);
    undos.pop_back();
  }
}

template <typename Key, typename Row>
void Table<Key, Row>::UpdateSums() {
  for (const EntryPtr& entry : versions_->retired) {
    if (!entry->in_sum || IsCurrent(entry)) continue;
    sums_[CountyOf(entry->key)].Remove(Bytes(*entry));
    entry->in_sum = false;
  }
  versions_->retired.clear();
  for (const EntryPtr& entry : versions_->fresh) {
    if (entry->in_sum || !IsCurrent(entry)) continue;
    sums_[CountyOf(entry->key)].Add(Bytes(*entry));
    entry->in_sum = true;
  }
  versions_->fresh.clear();
}

template <typename Key, typename Row>
std::vector<std::shared_ptr<const void>> Table<Key, Row>::CaptureEntries() const {
  std::vector<std::shared_ptr<const void>> entries;
  entries.reserve(versions_->rows.size());
  for (const auto& [key, entry] : versions_->rows) entries.push_back(entry);
  return entries;
}

template <typename Key, typename Row>
std::vector<std::shared_ptr<const void>> Table<Key, Row>::AcceptedEntries() const {
  // What stood before the first change that is not accepted.
  absl::btree_map<Key, EntryPtr> before;
  for (const auto& undo : versions_->undo) before.try_emplace(undo.key, undo.before);
  std::vector<std::shared_ptr<const void>> entries;
  entries.reserve(versions_->rows.size());
  for (const auto& [key, entry] : versions_->rows) {
    if (!before.contains(key)) entries.push_back(entry);
  }
  for (const auto& [key, entry] : before) {
    if (entry) entries.push_back(entry);
  }
  return entries;
}

template <typename Key, typename Row>
void Table<Key, Row>::EncodeEntry(const void* entry, std::string& out) const {
  const auto* typed = static_cast<const Entry*>(entry);
  EncodeTo(typed->key, out);
  EncodeTo(typed->row, out);
}

template <typename Key, typename Row>
bool Table<Key, Row>::LoadEntry(std::string_view bytes) {
  auto entry = std::make_shared<Entry>();
  Decoder decoder(bytes);
  decoder(entry->key, entry->row);
  if (!decoder.ok() || !decoder.AtEnd()) return false;
  auto& rows = versions_->rows;
  if (!rows.empty() && !(rows.rbegin()->first < entry->key)) return false;
  versions_->fresh.push_back(entry);
  rows.emplace_hint(rows.end(), entry->key, std::move(entry));
  return true;
}

template <typename Key, typename Row>
void Table<Key, Row>::Clear() {
  *versions_ = Versions();
  changes_.clear();
  sums_.clear();
}

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_ROWS_H_
