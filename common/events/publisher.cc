#include "common/events/publisher.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/partition/frame.h"

namespace sanyuan::events {
namespace {

constexpr size_t kRecordsAtOnce = 128;
constexpr size_t kKeptBytes = 256 << 10;
// Looked through from the end of the topic to find the last event of ours.
constexpr size_t kOffsetsAtOnce = 32;
constexpr absl::Duration kPause = absl::Seconds(1);
constexpr absl::Duration kBlockedPause = absl::Seconds(30);
// A quarter of the shortest time for which a topic may keep its records (services/sanyuan/journal_topics.h).
constexpr absl::Duration kRepeatAfter = absl::Hours(6);

// A test build resumes one record too far, to show that its test finds the gap (tests/e2e).
#ifdef SANYUAN_RESUME_TOO_FAR
constexpr bool kResumeTooFar = true;
#else
constexpr bool kResumeTooFar = false;
#endif

host::Tail::Source TailSource(const Publisher::Source& source) {
  host::Tail::Source tail;
  tail.journal = source.journal;
  tail.read = source.read;
  tail.new_event = source.new_event;
  tail.shown = [](const google::protobuf::Message&) { return true; };
  tail.strictness = source.strictness;
  // There is one follower, which seldom is further behind.
  tail.kept_records = kRecordsAtOnce;
  tail.kept_bytes = kKeptBytes;
  return tail;
}

bool GoesByItself(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status);
}

}  // namespace

Publisher::Publisher(const Source& source, log::EventTopics& topics, std::unique_ptr<host::Strand> strand,
                     std::unique_ptr<host::Strand> tail_strand)
    : source_(source),
      where_{TopicOf(source.origin.context), source.origin.partition},
      topics_(topics),
      strand_(std::move(strand)),
      tail_(TailSource(source), std::move(tail_strand)) {
  status_.context = source.origin.context;
  status_.partition = source.origin.partition;
}

Publisher::~Publisher() = default;

void Publisher::Reached(const partition::Place& place) {
  {
    const std::lock_guard lock(mutex_);
    status_.accepted = place.height;
  }
  tail_.Reached(place);
}

void Publisher::Leads(bool leads) {
  if (leads_.exchange(leads) != leads) PostTurn();
}

void Publisher::Look() {
  strand_->Post([this] {
    const absl::Time now = strand_->Now();
    if (follower_ != nullptr && !writing_ && now - last_written_ >= kRepeatAfter) follower_.reset();
    // Also what shows nothing is passed: the tail does not call for that.
    Turn();
  });
}

PublisherStatus Publisher::status() const {
  const std::lock_guard lock(mutex_);
  PublisherStatus status = status_;
  status.leads = leads_;
  return status;
}

void Publisher::PostTurn() {
  if (turn_posted_.exchange(true)) return;
  strand_->Post([this] {
    turn_posted_ = false;
    Turn();
  });
}

void Publisher::Turn() {
  if (stopped_ || writing_) return;
  if (!leads_) {
    follower_.reset();
    next_try_ = absl::InfinitePast();
    return SetProblem("", false);
  }
  if (follower_ == nullptr && (strand_->Now() < next_try_ || !Resume())) return;
  const auto records = follower_->Read(kRecordsAtOnce);
  if (!records.ok()) return TryAgain(records.status());
  for (const host::TailRecordPtr& record : *records) {
    if (!IsExplained(*record)) return BlockUnexplained();
  }
  if (records->empty()) {
    if (!beyond_.empty()) BlockUnexplained();
    return;  // The tail calls when there is more.
  }
  const uint64_t height = records->back()->place.height;
  std::vector<log::EventMessage> messages = MessagesOf(*records);
  if (messages.empty()) {
    Written(absl::OkStatus(), height);
    return;
  }
  writing_ = true;
  topics_.Publish(where_, std::move(messages), [this, height](absl::Status status) {
    strand_->Post([this, height, status = std::move(status)] {
      writing_ = false;
      if (status.ok()) last_written_ = strand_->Now();
      Written(status, height);
    });
  });
}

void Publisher::Written(const absl::Status& status, uint64_t height) {
  // How much of it landed the topic says.
  if (!status.ok()) return TryAgain(status);
  SetProblem("", false);
  {
    const std::lock_guard lock(mutex_);
    status_.published = height;
  }
  PostTurn();
}

std::vector<log::EventMessage> Publisher::MessagesOf(const std::vector<host::TailRecordPtr>& records) {
  std::vector<log::EventMessage> messages;
  for (const host::TailRecordPtr& record : records) {
    const bool partly = record->place.height == resumed_at_;
    if (record->copied_from) continue;  // The older journal's publisher has published it.
    if (skip_one_ && !partly && !record->events.empty()) {
      skip_one_ = false;
      continue;
    }
    for (const host::TailRecord::Shown& event : record->events) {
      if (partly && event.index < first_index_) continue;
      messages.push_back(ToCloudEvent(source_.origin, *record, event));
    }
  }
  return messages;
}

bool Publisher::IsExplained(const host::TailRecord& record) {
  if (record.release && !beyond_.empty()) {
    spdlog::warn(
        "{}: a release dropped decisions up to {}, whose events are published; it goes on behind them",
        where_.ToString(), beyond_);
    beyond_.clear();
  }
  return beyond_.empty() || record.events.empty() || record.place.height == resumed_at_;
}

bool Publisher::Resume() {
  std::optional<int64_t> before;
  absl::Status newest;  // Why publishing can't go on behind the newest event.
  beyond_.clear();
  while (true) {
    auto stretch = topics_.Last(where_, before, kOffsetsAtOnce);
    if (!stretch.ok()) {
      TryAgain(stretch.status());
      return false;
    }
    for (auto event = stretch->events.rbegin(); event != stretch->events.rend(); ++event) {
      const std::optional<PublishedAt> at = WhereDecided(event->headers);
      if (!at) continue;  // Somebody else's.
      const absl::Status followed = FollowFrom(*at, newest.ok());
      if (followed.ok()) {
        last_written_ = event->written_at;
        // Repeated, it is the last event again, and stays when older ones are deleted.
        first_index_ = at->id.index + (strand_->Now() - last_written_ >= kRepeatAfter ? 0 : 1);
        return true;
      }
      if (GoesByItself(followed)) {
        TryAgain(followed);
        return false;
      }
      if (newest.ok()) beyond_ = at->id.ToString();
      newest.Update(followed);
    }
    if (stretch->from_start) break;
    before = stretch->begin;
  }
  if (newest.ok()) return ResumeFromBeginning();
  Block(std::string(newest.message()));
  return false;
}

absl::Status Publisher::FollowFrom(const PublishedAt& at, bool newest) {
  host::TailPosition position{at.id.JournalBytes(), at.id.height, at.id.digest, at.offset};
  auto follower = tail_.Follow(position, [this] { PostTurn(); });
  if (newest && at.offset && absl::IsDataLoss(follower.status())) {
    // A record that a release repaired does not lie at its place.
    position.offset.reset();
    follower = tail_.Follow(position, [this] { PostTurn(); });
  }
  if (!follower.ok()) return follower.status();
  follower_ = *std::move(follower);
  resumed_at_ = at.id.height;
  skip_one_ = kResumeTooFar;
  return absl::OkStatus();
}

bool Publisher::ResumeFromBeginning() {
  const auto genesis = source_.read(source_.journal, 0, 1);
  partition::Frame frame;
  if (!genesis.ok() || genesis->empty() ||
      partition::Parse(genesis->front().bytes, frame) != partition::FrameError::kNone) {
    TryAgain(genesis.ok() ? absl::UnavailableError("the journal's genesis can't be read") : genesis.status());
    return false;
  }
  const EventId id{frame.journal_id, 0, 0, std::string(frame.digest.view().substr(0, EventId::kDigestBytes))};
  if (absl::Status followed = FollowFrom({id, std::nullopt}, false); !followed.ok()) {
    TryAgain(followed);
    return false;
  }
  skip_one_ = false;
  first_index_ = 0;
  return true;
}

void Publisher::TryAgain(const absl::Status& why) {
  follower_.reset();
  next_try_ = strand_->Now() + kPause;
  SetProblem(std::string(why.message()), false);
}

void Publisher::Block(const std::string& why) {
  follower_.reset();
  next_try_ = strand_->Now() + kBlockedPause;
  SetProblem(why, true);
}

void Publisher::BlockUnexplained() {
  Block(fmt::format("the topic holds {}, which the journal does not, and no release says why", beyond_));
}

void Publisher::SetProblem(const std::string& problem, bool blocked) {
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    news = status_.problem != problem || status_.blocked != blocked;
    status_.problem = problem;
    status_.blocked = blocked;
  }
  if (!news || problem.empty()) return;
  spdlog::log(blocked ? spdlog::level::critical : spdlog::level::warn, "{}: {}: {}", where_.ToString(),
              blocked ? "publishing is blocked" : "publishing waits", problem);
}

}  // namespace sanyuan::events
