#include "common/host/projector.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

namespace sanyuan::host {
namespace {

// Between two transactions of a view that nobody waits for: a busy one would otherwise be written a few rows at a time,
// and the transactions would cost more than the rows.
constexpr absl::Duration kPause = absl::Milliseconds(10);

}  // namespace

Projector::Projector(view::ViewName name, view::ViewStore& store, const view::Projection& projection,
                     std::unique_ptr<Strand> strand, std::function<void()> lost)
    : name_(std::move(name)),
      store_(store),
      projection_(projection),
      lost_(std::move(lost)),
      strand_(std::move(strand)) {}

uint64_t Projector::height() const {
  const std::lock_guard lock(mutex_);
  return height_;
}

void Projector::Begin(const partition::Place& place, std::vector<state::Change> rows) {
  Batch batch;
  batch.begin = place;
  batch.to = place;
  for (state::Change& row : rows) batch.changes.emplace_back(place.height, std::move(row));
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(batch));
  Schedule();
}

void Projector::Accepted(partition::AcceptedRecord record) {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) waiting_.emplace_back();
  Batch& batch = waiting_.back();
  batch.to = record.place;
  for (state::Change& change : record.changes)
    batch.changes.emplace_back(record.place.height, std::move(change));
  Schedule();
}

void Projector::Schedule() {
  if (std::exchange(scheduled_, true)) return;
  // Never longer, whatever becomes of the machine's clock.
  const absl::Duration wait = std::min(kPause, next_run_ - strand_->Now());
  put_off_ = waiters_.empty() && wait > absl::ZeroDuration();
  PostRun(put_off_ ? wait : absl::ZeroDuration());
}

void Projector::PostRun(absl::Duration wait) {
  strand_->PostAfter(wait, [this, turn = ++turn_] { Run(turn); });
}

void Projector::WhenReached(uint64_t height, absl::Time deadline, std::function<void(bool)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (height_ < height) {
      waiters_.push_back({height, deadline, std::move(done)});
      if (scheduled_ && std::exchange(put_off_, false)) PostRun(absl::ZeroDuration());
      return;
    }
  }
  done(true);
}

void Projector::Reached(uint64_t height) {
  std::vector<std::function<void(bool)>> ready;
  {
    const std::lock_guard lock(mutex_);
    height_ = height;
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.height > height) return false;
      ready.push_back(std::move(waiter.done));
      return true;
    });
  }
  for (const auto& done : ready) done(true);
}

void Projector::ExpireWaiters(absl::Time now) {
  std::vector<std::function<void(bool)>> late;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.deadline > now) return false;
      late.push_back(std::move(waiter.done));
      return true;
    });
  }
  for (const auto& done : late) done(false);
}

void Projector::Run(uint64_t turn) {
  std::vector<Batch> batches;
  {
    const std::lock_guard lock(mutex_);
    if (turn != turn_) return;
    scheduled_ = false;
    batches = std::exchange(waiting_, {});
    if (!batches.empty()) next_run_ = strand_->Now() + kPause;
  }
  for (const Batch& batch : batches) {
    if (batch.begin) {
      Rebuild(batch);
    } else {
      Apply(batch);
    }
  }
}

view::ViewPosition Projector::PositionOf(const partition::Place& place) const {
  return {std::string(reinterpret_cast<const char*>(place.journal_id.data()), place.journal_id.size()),
          place.height, place.head};
}

std::vector<view::ViewRow> Projector::Rows(const Batch& batch, uint64_t above) const {
  std::vector<view::ViewRow> rows;
  for (const auto& [height, change] : batch.changes) {
    if (height > above) projection_.Project(change, rows);
  }
  // Of several versions of a row the last one counts.
  std::map<std::string, size_t> last;
  for (size_t i = 0; i < rows.size(); ++i) last[rows[i].key] = i;
  std::vector<view::ViewRow> latest;
  latest.reserve(last.size());
  for (const auto& [key, index] : last) latest.push_back(std::move(rows[index]));
  return latest;
}

void Projector::Lose(const absl::Status& why) {
  spdlog::warn("view {}/{} is built anew: {}", name_.context, name_.partition, std::string(why.message()));
  position_.reset();
  kept_ = false;
  lost_();
}

void Projector::Rebuild(const Batch& batch) {
  const view::ViewPosition begin = PositionOf(*batch.begin);
  const auto stored = store_.Position(name_);
  // A view that is further than this place is kept, and compared when the journal gets there.
  kept_ = stored.ok() && *stored && !kept_ && !position_ && (*stored)->journal_id == begin.journal_id &&
          ((*stored)->height > begin.height ||
           ((*stored)->height == begin.height && (*stored)->head == begin.head));
  if (kept_) {
    position_ = **stored;
  } else {
    Batch at_begin;
    absl::Status applied = store_.Clear(name_);
    if (applied.ok()) {
      at_begin.changes = batch.changes;
      std::erase_if(at_begin.changes, [&](const auto& change) { return change.first > begin.height; });
      applied = store_.Apply(name_, std::nullopt, begin, Rows(at_begin, 0));
    }
    if (!applied.ok()) {
      spdlog::error("view {}/{}: {}", name_.context, name_.partition, std::string(applied.message()));
      position_.reset();
      return;
    }
    position_ = begin;
    Reached(begin.height);
  }
  if (batch.to.height > begin.height) Apply(batch);
}

void Projector::Apply(const Batch& batch) {
  if (!position_) return;
  const view::ViewPosition to = PositionOf(batch.to);
  if (kept_ && to.height <= position_->height) {
    if (to.height == position_->height) {
      kept_ = false;
      if (to.head != position_->head) return Lose(absl::DataLossError("it shows another history"));
    }
    return Reached(to.height);
  }
  const absl::Status applied = store_.Apply(name_, position_, to, Rows(batch, position_->height));
  if (!applied.ok()) return Lose(applied);
  kept_ = false;
  position_ = to;
  Reached(to.height);
}

}  // namespace sanyuan::host
