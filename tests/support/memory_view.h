// A view in memory: rows of a projection, for tests of queries. Thread safety: none.
#ifndef SANYUAN_TESTS_SUPPORT_MEMORY_VIEW_H_
#define SANYUAN_TESTS_SUPPORT_MEMORY_VIEW_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/view/view_store.h"

namespace sanyuan::testing {

class MemoryView final : public view::ViewReader {
 public:
  void Apply(const std::vector<view::ViewRow>& rows) {
    for (const view::ViewRow& row : rows) {
      if (row.value) {
        rows_[row.key] = *row.value;
      } else {
        rows_.erase(row.key);
      }
    }
  }
  const std::map<std::string, std::string, std::less<>>& rows() const { return rows_; }

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    const auto it = rows_.find(key);
    return it == rows_.end() ? std::optional<std::string>() : it->second;
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Scan(std::string_view prefix,
                                                                        std::string_view after,
                                                                        size_t limit) const override {
    std::vector<std::pair<std::string, std::string>> found;
    auto it = after > prefix ? rows_.upper_bound(after) : rows_.lower_bound(prefix);
    for (; it != rows_.end() && found.size() < limit; ++it) {
      if (it->first.compare(0, prefix.size(), prefix) != 0) break;
      found.emplace_back(it->first, it->second);
    }
    return found;
  }

 private:
  std::map<std::string, std::string, std::less<>> rows_;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_MEMORY_VIEW_H_
