// Strands whose time stands until the test moves it; their tasks run when the test says so, on its thread.
#ifndef SANYUAN_TESTS_SUPPORT_TIMELINE_H_
#define SANYUAN_TESTS_SUPPORT_TIMELINE_H_

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "common/host/executor.h"

namespace sanyuan::testing {

class Timeline {
 public:
  std::unique_ptr<host::Strand> NewStrand() { return std::make_unique<ManualStrand>(*this); }
  absl::Time Now() const { return now_; }

  // Runs in order all that is due until then, also what comes meanwhile.
  void Pass(absl::Duration time) {
    const absl::Time until = now_ + time;
    while (!due_.empty() && due_.begin()->first <= until) {
      const auto next = due_.extract(due_.begin());
      now_ = next.key();
      next.mapped()();
    }
    now_ = until;
  }

 private:
  class ManualStrand final : public host::Strand {
   public:
    explicit ManualStrand(Timeline& timeline) : timeline_(timeline) {}
    void Post(std::function<void()> task) override { PostAfter(absl::ZeroDuration(), std::move(task)); }
    void PostAfter(absl::Duration wait, std::function<void()> task) override {
      timeline_.due_.emplace(timeline_.now_ + wait, std::move(task));
    }
    absl::Time Now() const override { return timeline_.now_; }

   private:
    Timeline& timeline_;
  };

  absl::Time now_ = absl::FromUnixSeconds(1'560'000'000);
  std::multimap<absl::Time, std::function<void()>> due_;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_TIMELINE_H_
