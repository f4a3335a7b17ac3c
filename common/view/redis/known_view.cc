#include "common/view/redis/known_view.h"

#include <fmt/format.h>

#include "common/partition/safeguards.h"

namespace sanyuan::view {
namespace {

using partition::Safeguards;

constexpr std::chrono::seconds kSayAgain(1);

bool Reaches(const ViewPosition& position, const ViewPosition& floor) {
  return position.journal_id == floor.journal_id &&
         (position.height > floor.height || (position.height == floor.height && position.head == floor.head));
}

}  // namespace

std::string Standing::ToString() const {
  switch (kind) {
    case Kind::kNothing:
      return "is not there";
    case Kind::kBuilding:
      return "is being built";
    case Kind::kBroken:
      return "has lost rows";
    case Kind::kFinished:
      break;
  }
  return fmt::format("stands at height {}", position->height);
}

Standing StandingOf(std::string_view at, bool whole) {
  using Kind = Standing::Kind;
  if (at.empty()) return {Kind::kNothing, std::nullopt};
  if (IsRedisBuilding(at)) return {Kind::kBuilding, std::nullopt};
  const std::optional<ViewPosition> position = PositionOfRedis(at);
  if (!whole || !position) return {Kind::kBroken, std::nullopt};
  return {Kind::kFinished, position};
}

KnownView::Before KnownView::Look() const {
  const std::lock_guard lock(mutex_);
  return {floor_, cleared_, failed_, epoch_, builds_};
}

void KnownView::Raise(const Before& before, const ViewPosition& position) {
  if (before.builds != builds_) return;
  if (!floor_ || Reaches(position, *floor_)) cleared_ = false;
  if (!floor_ || (floor_->journal_id == position.journal_id && floor_->height < position.height))
    floor_ = position;
}

void KnownView::Seen(const Before& before, const ViewPosition& position) {
  const std::lock_guard lock(mutex_);
  Raise(before, position);
  // Who has asked for it decides anew what becomes of the view.
  if (epoch_ == before.epoch) failed_ = false;
}

KnownView::Verdict KnownView::Judge(const Before& before, const Standing& standing, bool refuse_unbuilt,
                                    RedisDeadline deadline) {
  using Kind = Standing::Kind;
  const bool expected = (before.floor && !before.cleared) || before.failed;
  std::unique_lock lock(mutex_);
  if (standing.kind == Kind::kFinished && !before.failed &&
      (!before.floor || Reaches(*standing.position, *before.floor) || !Safeguards::exact_view_position)) {
    Raise(before, *standing.position);
    return Verdict::kAnswer;
  }
  if (standing.kind == Kind::kNothing && !expected && !refuse_unbuilt) return Verdict::kAnswer;
  if (changing_ > 0) {
    const uint64_t epoch = epoch_;
    return changed_.wait_until(lock, deadline, [&] { return epoch_ != epoch; }) ? Verdict::kAgain
                                                                                : Verdict::kUnbuilt;
  }
  if (epoch_ != before.epoch) return Verdict::kAgain;
  // Of a cleared view too: what is there comes from another process, or is late.
  const bool wrong = standing.kind == Kind::kBroken || standing.kind == Kind::kFinished;
  return expected || wrong ? Verdict::kLost : Verdict::kUnbuilt;
}

KnownView::Changing::Changing(KnownView* view) : view_(view) {
  const std::lock_guard lock(view_->mutex_);
  ++view_->changing_;
  ++view_->epoch_;
}

KnownView::Changing::~Changing() {
  const std::lock_guard lock(view_->mutex_);
  --view_->changing_;
  ++view_->epoch_;
  view_->changed_.notify_all();
}

void KnownView::Changing::Cleared() {
  const std::lock_guard lock(view_->mutex_);
  // The floor stays: a batch that was given up may still come, and be older than what was read.
  view_->cleared_ = true;
  view_->failed_ = false;
  ++view_->builds_;
}

void KnownView::Changing::Applied(bool anew, const ViewPosition& to) {
  const std::lock_guard lock(view_->mutex_);
  std::optional<ViewPosition>& floor = view_->floor_;
  // An old dump that is caught up with is not readable before it has got to where the view was.
  if (anew || !floor || floor->journal_id != to.journal_id || floor->height < to.height) floor = to;
  view_->cleared_ = false;
  view_->failed_ = false;
  if (!anew) return;
  ++view_->builds_;
  view_->next_say_ = {};
}

void KnownView::Changing::Refused(bool anew) {
  const std::lock_guard lock(view_->mutex_);
  // It has just been cleared, and somebody else has begun to build it.
  if (anew && view_->cleared_) view_->failed_ = true;
}

void KnownView::Changing::Failed() {
  const std::lock_guard lock(view_->mutex_);
  view_->failed_ = true;
}

bool KnownView::TimeToSay() {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (now < next_say_) return false;
  next_say_ = now + kSayAgain;
  return true;
}

std::optional<RedisAddress> KnownView::node() const {
  const std::lock_guard lock(mutex_);
  return node_;
}

void KnownView::set_node(const RedisAddress& node) {
  const std::lock_guard lock(mutex_);
  node_ = node;
}

}  // namespace sanyuan::view
