// Pages of a list: the rows below a prefix, after where the last page ended (AIP-158). A page may hold fewer
// than asked for, and still be followed by another, when a filter left out most of what was looked at.
// Values of one call; one thread.
#ifndef SANYUAN_COMMON_VIEW_PAGING_H_
#define SANYUAN_COMMON_VIEW_PAGING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/view/view_store.h"

namespace sanyuan::view {

class Pager {
 public:
  static constexpr size_t kUsualPage = 50;
  static constexpr size_t kLargestPage = 200;
  // Rows that one call looks at.
  static constexpr size_t kLooksAt = 5000;

  // Sizes above the largest are cut to it, 0 asks for the usual one. REQUIRES: `view` outlives the pager.
  Pager(const ViewReader& view, int32_t page_size, std::string page_token)
      : view_(view), asked_(page_size), token_(std::move(page_token)) {
    wanted_ = page_size <= 0 ? kUsualPage : std::min(static_cast<size_t>(page_size), kLargestPage);
  }

  // Calls `visit(key without prefix, value)` for rows whose key begins with prefix + begin; it says whether
  // the row is on the page, or what went wrong. Called again, goes on with another `begin` of the same
  // prefix.
  template <typename Visit>
  absl::Status Read(const std::string& prefix, const std::string& begin, Visit visit) {
    if (asked_ < 0) return absl::InvalidArgumentError("page_size: not below 0");
    std::string after = token_.empty() ? "" : prefix + token_;
    while (!full()) {
      const size_t limit = std::min<size_t>(wanted_ - taken_ + 1, 500);
      auto rows = view_.Scan(prefix + begin, after, limit);
      if (!rows.ok()) return rows.status();
      for (const auto& [key, value] : *rows) {
        // One more row than the page holds: there is a next page, which begins with this one.
        if (full()) {
          next_ = last_;
          return absl::OkStatus();
        }
        const std::string rest = key.substr(prefix.size());
        const absl::StatusOr<bool> took = visit(rest, value);
        if (!took.ok()) return took.status();
        taken_ += *took ? 1 : 0;
        ++looked_at_;
        last_ = rest;
        after = key;
      }
      if (rows->size() < limit) return absl::OkStatus();
    }
    next_ = last_;
    return absl::OkStatus();
  }

  // Every row of the prefix, as it stands.
  template <typename Messages>
  absl::Status ReadAll(const std::string& prefix, Messages& out) {
    return Read(prefix, "", [&out](const std::string&, const std::string& value) -> absl::StatusOr<bool> {
      if (!out.Add()->ParseFromString(value)) return absl::DataLossError("a row of the view can't be read");
      return true;
    });
  }

  // Something follows that was not looked at.
  void MarkMore() {
    if (next_.empty()) next_ = last_;
  }
  bool full() const { return taken_ >= wanted_ || looked_at_ >= kLooksAt; }
  // Empty: this was the last page.
  const std::string& next_page_token() const { return next_; }

 private:
  const ViewReader& view_;
  const int32_t asked_;
  const std::string token_;
  size_t wanted_;
  size_t taken_ = 0;
  size_t looked_at_ = 0;
  std::string last_;
  std::string next_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_PAGING_H_
