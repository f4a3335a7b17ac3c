#include "services/sanyuanctl/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sanyuan::ctl {
namespace {

constexpr int64_t kWidth = 40;

}  // namespace

Progress::Progress(std::string what, int64_t total)
    : what_(std::move(what)), total_(std::max<int64_t>(1, total)), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\n");
}

void Progress::Show(int64_t done, const std::string& note) {
  if (!terminal_) return;
  shown_ = true;
  const auto filled = static_cast<size_t>(kWidth * std::min(done, total_) / total_);
  fmt::print(stderr, "\r[{:-<{}}] {:3}% {} {} {}\x1b[K", std::string(filled, '#'), kWidth,
             100 * std::min(done, total_) / total_, done, what_, note);
  std::fflush(stderr);
}

}  // namespace sanyuan::ctl
