// How an Overlay keeps its changes. Included only where overlays are instantiated.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_ROWS_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_ROWS_H_

#include <map>
#include <optional>
#include <utility>

#include "services/delivery_tracking/domain/overlay.h"

namespace sanyuan::delivery_tracking {

template <typename Key, typename Row>
struct Overlay<Key, Row>::Changes {
  std::map<Key, std::optional<Row>> rows;  // Without a value: erased.
};

template <typename Key, typename Row>
Overlay<Key, Row>::Overlay(const state::Table<Key, Row>& base) : base_(&base) {}

template <typename Key, typename Row>
Overlay<Key, Row>::~Overlay() = default;

template <typename Key, typename Row>
Overlay<Key, Row>::Overlay(Overlay&& other) noexcept = default;

template <typename Key, typename Row>
const Row* Overlay<Key, Row>::Find(const Key& key) const {
  if (!changes_) return base_->Find(key);
  const auto it = changes_->rows.find(key);
  if (it == changes_->rows.end()) return base_->Find(key);
  return it->second ? &*it->second : nullptr;
}

template <typename Key, typename Row>
Row& Overlay<Key, Row>::Mutate(const Key& key) {
  if (!changes_) changes_ = std::make_unique<Changes>();
  const auto [it, inserted] = changes_->rows.try_emplace(key);
  if (inserted) {
    if (const Row* row = base_->Find(key)) it->second = *row;
  }
  if (!it->second) it->second.emplace();
  return *it->second;
}

template <typename Key, typename Row>
void Overlay<Key, Row>::Put(const Key& key, Row row) {
  if (!changes_) changes_ = std::make_unique<Changes>();
  changes_->rows[key] = std::move(row);
}

template <typename Key, typename Row>
void Overlay<Key, Row>::Erase(const Key& key) {
  if (!changes_) changes_ = std::make_unique<Changes>();
  changes_->rows[key].reset();
}

template <typename Key, typename Row>
void Overlay<Key, Row>::ForEachFrom(const Key& first,
                                    absl::FunctionRef<bool(const Key&, const Row&)> visit) const {
  if (!changes_) return base_->ForEachFrom(first, visit);
  const auto& rows = changes_->rows;
  auto change = rows.lower_bound(first);
  bool going = true;
  const auto visit_changes_before = [&](const Key* end) {
    for (; going && change != rows.end() && (!end || change->first < *end); ++change) {
      if (change->second) going = visit(change->first, *change->second);
    }
  };
  base_->ForEachFrom(first, [&](const Key& key, const Row& row) {
    visit_changes_before(&key);
    if (!going) return false;
    if (change != rows.end() && change->first == key) return true;
    going = visit(key, row);
    return going;
  });
  visit_changes_before(nullptr);
}

template <typename Key, typename Row>
void Overlay<Key, Row>::FlushTo(state::Table<Key, Row>& table) {
  if (!changes_) return;
  for (auto& [key, row] : changes_->rows) {
    if (row) {
      table.Put(key, std::move(*row));
    } else {
      table.Erase(key);
    }
  }
  changes_.reset();
}

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_ROWS_H_
