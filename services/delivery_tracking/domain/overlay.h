// Changes on top of a table that is not touched: a decision works on overlays, so that what it decides late
// sees what it decided early, and folding writes the same changes into the tables.
// Thread safety: none; one thread at a time, as the table below. A pointer to a row is good until the next
// change of that row.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_

#include <map>
#include <optional>
#include <utility>

#include "common/state/table.h"

namespace sanyuan::delivery_tracking {

template <typename Key, typename Row>
class Overlay {
 public:
  // REQUIRES: `base` outlives the overlay and does not change.
  explicit Overlay(const state::Table<Key, Row>& base) : base_(&base) {}

  const Row* Find(const Key& key) const {
    const auto it = changes_.find(key);
    if (it == changes_.end()) return base_->Find(key);
    return it->second ? &*it->second : nullptr;
  }
  bool Contains(const Key& key) const { return Find(key) != nullptr; }

  // The row to change; made with default values when there is none.
  Row& Mutate(const Key& key) {
    const auto [it, inserted] = changes_.try_emplace(key);
    if (inserted) {
      if (const Row* row = base_->Find(key)) it->second = *row;
    }
    if (!it->second) it->second.emplace();
    return *it->second;
  }
  void Put(const Key& key, Row row) { changes_[key] = std::move(row); }
  void Erase(const Key& key) { changes_[key].reset(); }

  // Rows in key order from `first` on, while `visit(key, row)` returns true. REQUIRES: no change meanwhile.
  template <typename Visit>
  void ForEachFrom(const Key& first, Visit visit) const {
    auto change = changes_.lower_bound(first);
    bool going = true;
    const auto visit_changes_before = [&](const Key* end) {
      for (; going && change != changes_.end() && (!end || change->first < *end); ++change) {
        if (change->second) going = visit(change->first, *change->second);
      }
    };
    base_->ForEachFrom(first, [&](const Key& key, const Row& row) {
      visit_changes_before(&key);
      if (!going) return false;
      if (change != changes_.end() && change->first == key) return true;
      going = visit(key, row);
      return going;
    });
    visit_changes_before(nullptr);
  }

  // REQUIRES: `table` is the one below.
  void FlushTo(state::Table<Key, Row>& table) {
    for (auto& [key, row] : changes_) {
      if (row) {
        table.Put(key, std::move(*row));
      } else {
        table.Erase(key);
      }
    }
    changes_.clear();
  }

 private:
  const state::Table<Key, Row>* base_;
  std::map<Key, std::optional<Row>> changes_;
};

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_OVERLAY_H_
