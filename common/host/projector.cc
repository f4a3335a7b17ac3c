#include "common/host/projector.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace sanyuan::host {
namespace {

// Between two transactions of a view that nobody waits for: a busy one would otherwise be written a few rows at a time,
// and the transactions would cost more than the rows.
constexpr absl::Duration kPause = absl::Milliseconds(10);
// Between two tries while the store is away, doubled each time.
constexpr absl::Duration kTryPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestTryPause = absl::Seconds(3);
// Changed rows that are kept while the store is away, or another instance writes.
constexpr size_t kMostWaiting = 20'000;
// Between two looks at how far the other one is.
constexpr absl::Duration kStandByPause = absl::Seconds(1);

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
  batch.changes.reserve(rows.size());
  for (state::Change& row : rows) batch.changes.emplace_back(place.height, std::move(row));
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  changes_waiting_ = 0;
  gave_up_ = resuming_ = false;
  waiting_.push_back(std::move(batch));
  if (standing_by_) DropUpTo(place.height);
  Schedule();
}

void Projector::StandBy(bool standing_by) {
  SetStandingBy(standing_by);
  if (standing_by) ExpireWaiters(absl::InfiniteFuture());
}

void Projector::SetStandingBy(bool standing_by) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(standing_by_, standing_by) == standing_by) return;
  if (standing_by) {
    // What was not written yet is the other one's now; whether it has been, is seen in the view.
    complete_from_.reset();
    if (!gave_up_ && !waiting_.empty()) {
      DropUpTo(waiting_.front().begin ? waiting_.front().begin->height : taken_to_);
    }
    gave_up_ = false;
    return Schedule();
  }
  resuming_ = true;
  if (stopped_) return;
  scheduled_ = true;
  PostRun(absl::ZeroDuration());  // Not when the next look at the view would have come.
}

// One batch is left, without a beginning.
void Projector::DropUpTo(uint64_t height) {
  complete_from_ = height;
  Batch rest;
  for (Batch& batch : waiting_) {
    rest.to = batch.to;
    for (auto& change : batch.changes) {
      if (change.first > height) rest.changes.push_back(std::move(change));
    }
  }
  changes_waiting_ = rest.changes.size();
  waiting_.clear();
  waiting_.push_back(std::move(rest));
}

void Projector::Accepted(partition::AcceptedRecord record) {
  const std::lock_guard lock(mutex_);
  if (gave_up_) return;  // The state that is asked for has it.
  if (standing_by_ && !complete_from_) complete_from_ = record.place.height - 1;
  if (waiting_.empty()) waiting_.emplace_back();
  Batch& batch = waiting_.back();
  batch.to = record.place;
  changes_waiting_ += record.changes.size();
  for (state::Change& change : record.changes)
    batch.changes.emplace_back(record.place.height, std::move(change));
  Bound();
  Schedule();
}

void Projector::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

void Projector::Bound() {
  if (standing_by_) {
    if (changes_waiting_ > kMostWaiting) DropUpTo(waiting_.back().to.height);
    return;
  }
  if (try_pause_ == absl::ZeroDuration() || changes_waiting_ <= kMostWaiting) return;
  waiting_.clear();
  changes_waiting_ = 0;
  gave_up_ = true;
}

void Projector::Schedule() {
  if (stopped_ || std::exchange(scheduled_, true)) return;
  if (standing_by_) return PostRun(kStandByPause);
  if (const absl::Duration hold = next_try_ - strand_->Now(); hold > absl::ZeroDuration()) {
    put_off_ = false;
    return PostRun(std::min(kLongestTryPause, hold));
  }
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
  size_t changes = 0;
  bool ask_for_state = false;
  bool standing_by = false;
  bool resuming = false;
  {
    const std::lock_guard lock(mutex_);
    if (turn != turn_) return;
    scheduled_ = false;
    standing_by = standing_by_;
    resuming = !standing_by && std::exchange(resuming_, false);
  }
  if (standing_by) return LookAtView();
  if (resuming) return Resume();
  {
    const std::lock_guard lock(mutex_);
    batches = std::exchange(waiting_, {});
    changes = std::exchange(changes_waiting_, 0);
    if (!batches.empty()) {
      next_run_ = strand_->Now() + kPause;
      taken_to_ = batches.back().to.height;
    }
    ask_for_state = gave_up_;
  }
  if (ask_for_state) {
    // The state is large: not before there is somebody to take it.
    if (!store_.Position(name_).ok()) return TryAgain({}, 0);
    position_.reset();
    return lost_();
  }
  for (size_t i = 0; i < batches.size(); ++i) {
    if (!batches[i].begin) {
      Apply(batches[i]);
    } else if (!Rebuild(batches[i])) {
      batches.erase(batches.begin(), batches.begin() + static_cast<std::ptrdiff_t>(i));
      return TryAgain(std::move(batches), changes);
    }
  }
}

// What the view shows by now is kept no longer.
void Projector::LookAtView() {
  position_.reset();
  kept_ = false;
  const auto stored = store_.Position(name_);
  const std::lock_guard lock(mutex_);
  if (!standing_by_) return Schedule();
  if (stored.ok() && *stored && complete_from_ && !waiting_.empty() && (*stored)->height > *complete_from_ &&
      PositionOf(waiting_.back().to).journal_id == (*stored)->journal_id) {
    DropUpTo((*stored)->height);
  }
  if (changes_waiting_ > 0) Schedule();
}

void Projector::CheckView(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
  }
  strand_->Post([this, done = std::move(done)] {
    bool written = false;
    {
      const std::lock_guard lock(mutex_);
      written = !standing_by_ && !resuming_ && !gave_up_ && (waiting_.empty() || !waiting_.front().begin);
    }
    if (written && position_) {
      const auto stored = store_.Position(name_);
      if (stored.ok() && *stored != position_) Lose(absl::DataLossError("it is not what was written"));
    }
    done();
  });
}

// Writing begins where the view stands, if all is kept that came after; else the state is asked for.
void Projector::Resume() {
  const auto stored = store_.Position(name_);
  {
    const std::lock_guard lock(mutex_);
    // What was begun anew meanwhile needs no view.
    const bool begun = !waiting_.empty() && waiting_.front().begin;
    if (!begun && !stored.ok()) resuming_ = true;
    if (!begun && stored.ok()) {
      gave_up_ = !*stored || !complete_from_ || (*stored)->height < *complete_from_ || waiting_.empty() ||
                 PositionOf(waiting_.back().to).journal_id != (*stored)->journal_id;
      if (gave_up_) {
        waiting_.clear();
        changes_waiting_ = 0;
      } else {
        position_ = **stored;
        kept_ = true;
      }
    }
    if (!resuming_) return Schedule();
  }
  TryAgain({}, 0);
}

void Projector::TryAgain(std::vector<Batch> batches, size_t changes) {
  const std::lock_guard lock(mutex_);
  try_pause_ = std::clamp(try_pause_ * 2, kTryPause, kLongestTryPause);
  next_try_ = strand_->Now() + try_pause_;
  // A beginning that came meanwhile holds all that was to be written, and so will the one that is asked for.
  if (!gave_up_ && (waiting_.empty() || !waiting_.front().begin)) {
    waiting_.insert(waiting_.begin(), std::make_move_iterator(batches.begin()),
                    std::make_move_iterator(batches.end()));
    changes_waiting_ += changes;
  }
  Bound();
  Schedule();
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
  {
    // A store that takes beginnings and nothing else must not be given one after the other.
    const std::lock_guard lock(mutex_);
    next_try_ = strand_->Now() + kTryPause;
  }
  lost_();
}

bool Projector::Rebuild(const Batch& batch) {
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
    absl::Status applied = stored.ok() ? store_.Clear(name_) : stored.status();
    if (applied.ok()) {
      at_begin.changes = batch.changes;
      std::erase_if(at_begin.changes, [&](const auto& change) { return change.first > begin.height; });
      applied = store_.Apply(name_, std::nullopt, begin, Rows(at_begin, 0));
    }
    if (!applied.ok()) {
      spdlog::warn("view {}/{}: {}", name_.context, name_.partition, std::string(applied.message()));
      position_.reset();
      return false;
    }
    position_ = begin;
  }
  Reached(begin.height);
  {
    const std::lock_guard lock(mutex_);
    try_pause_ = absl::ZeroDuration();
    next_try_ = absl::InfinitePast();
  }
  if (batch.to.height > begin.height) Apply(batch);
  return true;
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
