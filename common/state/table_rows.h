// How a Table keeps its rows. Included only where tables are instantiated (see common/state/table.h): this is
// the part that is expensive to compile.
#ifndef SANYUAN_COMMON_STATE_TABLE_ROWS_H_
#define SANYUAN_COMMON_STATE_TABLE_ROWS_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "common/state/codec.h"
#include "common/state/table.h"

namespace sanyuan::state {

// Tables with keys of one kind share its code.
template <typename Key, typename Row>
struct Table<Key, Row>::Rows {
  absl::btree_map<Key, VersionPtr> by_key;
};

template <typename Key, typename Row>
Table<Key, Row>::Table(Store& store, std::string name, Content content)
    : TableBase(store, std::move(name), content), rows_(std::make_unique<Rows>()) {}

template <typename Key, typename Row>
Table<Key, Row>::~Table() = default;

template <typename Key, typename Row>
size_t Table<Key, Row>::size() const {
  return rows_->by_key.size();
}

template <typename Key, typename Row>
const Row* Table<Key, Row>::Find(const Key& key) const {
  const auto it = rows_->by_key.find(key);
  return it == rows_->by_key.end() ? nullptr : &Typed(*it->second).row;
}

template <typename Key, typename Row>
Row& Table<Key, Row>::Mutate(const Key& key) {
  VersionPtr& current = rows_->by_key[key];
  if (!current || IsFixed(*current)) {
    Supersede(current, std::make_shared<Entry>(record(), key, current ? Typed(*current).row : Row{}));
  }
  return static_cast<Entry&>(*current).row;
}

template <typename Key, typename Row>
void Table<Key, Row>::Put(const Key& key, Row row) {
  Mutate(key) = std::move(row);
}

template <typename Key, typename Row>
void Table<Key, Row>::Erase(const Key& key) {
  const auto it = rows_->by_key.find(key);
  if (it == rows_->by_key.end()) return;
  Erased(std::move(it->second));
  rows_->by_key.erase(it);
}

template <typename Key, typename Row>
void Table<Key, Row>::ForEachFrom(const Key& first,
                                  absl::FunctionRef<bool(const Key&, const Row&)> visit) const {
  for (auto it = rows_->by_key.lower_bound(first); it != rows_->by_key.end(); ++it) {
    if (!visit(it->first, Typed(*it->second).row)) return;
  }
}

template <typename Key, typename Row>
void Table<Key, Row>::ForEach(absl::FunctionRef<void(const Key&, const Row&)> visit) const {
  for (const auto& [key, version] : rows_->by_key) visit(key, Typed(*version).row);
}

template <typename Key, typename Row>
TableBase::VersionPtr* Table<Key, Row>::PlaceOf(const Version& version) {
  const auto it = rows_->by_key.find(Typed(version).key);
  return it == rows_->by_key.end() ? nullptr : &it->second;
}

template <typename Key, typename Row>
void Table<Key, Row>::Insert(VersionPtr version) {
  const Key& key = Typed(*version).key;
  rows_->by_key.try_emplace(rows_->by_key.end(), key,
                            std::move(version));  // At the end while rows are loaded.
}

template <typename Key, typename Row>
void Table<Key, Row>::Remove(const Version& version) {
  rows_->by_key.erase(Typed(version).key);
}

template <typename Key, typename Row>
void Table<Key, Row>::RemoveAll() {
  rows_->by_key.clear();
}

template <typename Key, typename Row>
void Table<Key, Row>::ForEachVersion(absl::FunctionRef<void(const VersionPtr&)> visit) const {
  for (const auto& [key, version] : rows_->by_key) visit(version);
}

template <typename Key, typename Row>
const Version* Table<Key, Row>::Last() const {
  return rows_->by_key.empty() ? nullptr : rows_->by_key.rbegin()->second.get();
}

template <typename Key, typename Row>
bool Table<Key, Row>::IsBefore(const Version& a, const Version& b) const {
  return Typed(a).key < Typed(b).key;
}

template <typename Key, typename Row>
County Table<Key, Row>::CountyOf(const Version& version) const {
  if constexpr (requires(const Key& key) { key.county; }) {
    return Typed(version).key.county;
  } else {
    return 0;
  }
}

template <typename Key, typename Row>
void Table<Key, Row>::Encode(const Version& version, std::string& out) const {
  EncodeTo(Typed(version).key, out);
  EncodeTo(Typed(version).row, out);
}

template <typename Key, typename Row>
void Table<Key, Row>::EncodeWithoutPlaces(const Version& version, std::string& out) const {
  EncodeTo(Typed(version).key, out);
  Row row = Typed(version).row;
  forget_places_(row);
  EncodeTo(row, out);
}

template <typename Key, typename Row>
TableBase::VersionPtr Table<Key, Row>::Decode(std::string_view bytes) const {
  auto entry = std::make_shared<Entry>(0, Key{}, Row{});
  Decoder decoder(bytes);
  decoder(entry->key, entry->row);
  return decoder.ok() && decoder.AtEnd() ? std::move(entry) : nullptr;
}

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_ROWS_H_
