#include "common/host/input_watch.h"

#include <spdlog/spdlog.h>

#include <future>
#include <string>
#include <utility>

namespace sanyuan::host {
namespace {

constexpr absl::Duration kFollowPause = absl::Milliseconds(500);

}  // namespace

void InputWatch::Start() {
  strand_->Post([this] { Begin(); });
}

void InputWatch::Begin() {
  if (stopped_) return;
  const auto end = log_.EndOffset(journal_);
  absl::Status begun = end.status();
  if (end.ok()) {
    auto subscription = log_.Subscribe(journal_, *end, this);
    begun = subscription.status();
    if (begun.ok()) subscription_ = *std::move(subscription);
  }
  if (begun.ok()) return grown_(journal_);
  spdlog::warn("{} can't be followed, tried again: {}", journal_.ToString(), std::string(begun.message()));
  strand_->PostAfter(kFollowPause, [this] { Begin(); });
}

void InputWatch::Stop() {
  std::promise<void> stopped;
  strand_->Post([this, &stopped] {
    stopped_ = true;
    subscription_.reset();
    stopped.set_value();
  });
  stopped.get_future().wait();
}

void InputWatch::OnTrouble(const absl::Status& /*why*/) {
  recent_.Forget(journal_);
  grown_(journal_);
}

}  // namespace sanyuan::host
