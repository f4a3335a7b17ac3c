#include "common/host/tail.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/host/genesis.h"
#include "common/partition/content.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::host {
namespace {

using partition::FrameKind;
using partition::JournalReader;
using partition::Place;
using partition::ReadResult;

constexpr size_t kTailPiece = 256;

std::string_view IdOf(const Place& place) {
  return {reinterpret_cast<const char*>(place.journal_id.data()), place.journal_id.size()};
}

absl::Status AnotherHistory(const log::TopicPartition& journal, uint64_t height) {
  return absl::DataLossError(fmt::format("{} holds another record at height {}", journal.ToString(), height));
}

}  // namespace

Tail::Tail(Source source, std::unique_ptr<Strand> strand)
    : source_(std::move(source)), strand_(std::move(strand)) {}

Tail::~Tail() = default;

size_t Tail::followers() const {
  const std::lock_guard lock(mutex_);
  return followers_.size();
}

size_t Tail::kept_records() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

void Tail::Reached(const Place& place) {
  const std::lock_guard lock(mutex_);
  halted_.clear();
  accepted_ = place;
  furthest_ = std::max(furthest_, place.height);
  ScheduleReading();
}

void Tail::Restarted() {
  const std::lock_guard lock(mutex_);
  ++generation_;
  accepted_.reset();
  Forget();
}

void Tail::Halted(const std::string& why) {
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    halted_ = why;
    wakes = Waiting();
  }
  for (const auto& wake : wakes) wake();
}

absl::Status Tail::WhyNot() const {
  if (!halted_.empty()) {
    return absl::UnavailableError(fmt::format("{}: {}", source_.journal.ToString(), halted_));
  }
  if (!accepted_) {
    return absl::AbortedError(fmt::format("{} is being read", source_.journal.ToString()));
  }
  return absl::OkStatus();
}

void Tail::Forget() {
  kept_from_.reset();
  kept_.clear();
  kept_bytes_ = 0;
}

std::vector<std::function<void()>> Tail::Waiting() {
  std::vector<std::function<void()>> wakes;
  for (Follower* follower : followers_) {
    if (std::exchange(follower->waiting_, false)) wakes.push_back(follower->wake_);
  }
  return wakes;
}

void Tail::ScheduleReading() {
  if (followers_.empty() || std::exchange(scheduled_, true)) return;
  strand_->Post([this] { ReadOn(); });
}

void Tail::ReadOn() {
  while (true) {
    Place target;
    uint64_t generation = 0;
    bool begun = false;
    {
      const std::lock_guard lock(mutex_);
      if (followers_.empty()) Forget();
      begun = kept_from_.has_value() && shared_generation_ == generation_;
      const bool caught_up = begun && accepted_ && shared_.reader->place()->height >= accepted_->height;
      if (followers_.empty() || !accepted_ || !halted_.empty() || caught_up) {
        scheduled_ = false;
        return;
      }
      target = *accepted_;
      generation = generation_;
    }
    if (!begun) {
      if (BeginShared(target, generation)) continue;
    } else if (ReadShared(target, generation).ok()) {
      continue;
    }
    // Followers read on for themselves, and find out what is wrong.
    std::vector<std::function<void()>> wakes;
    {
      const std::lock_guard lock(mutex_);
      Forget();
      scheduled_ = false;
      wakes = Waiting();
    }
    for (const auto& wake : wakes) wake();
    return;
  }
}

bool Tail::BeginShared(const Place& at, uint64_t generation) {
  auto standing = StandAt(at);
  if (!standing.ok()) return false;
  shared_ = *std::move(standing);
  shared_generation_ = generation;
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    if (generation != generation_) return true;
    Forget();
    kept_from_ = at;
    wakes = Waiting();
  }
  for (const auto& wake : wakes) wake();
  return true;
}

absl::Status Tail::ReadShared(const Place& target, uint64_t generation) {
  std::vector<TailRecordPtr> records;
  if (absl::Status read = Advance(shared_, target.offset, kTailPiece, records); !read.ok()) {
    spdlog::critical("{}", std::string(read.message()));
    return read;
  }
  std::vector<std::function<void()>> wakes;
  {
    const std::lock_guard lock(mutex_);
    if (generation != generation_ || !kept_from_) return absl::OkStatus();
    bool shows = false;
    for (TailRecordPtr& record : records) {
      shows = shows || !record->events.empty();
      kept_bytes_ += record->bytes;
      kept_.push_back(std::move(record));
    }
    while (kept_.size() > source_.kept_records || kept_bytes_ > source_.kept_bytes) {
      kept_from_ = kept_.front()->place;
      kept_bytes_ -= kept_.front()->bytes;
      kept_.pop_front();
    }
    if (shows) wakes = Waiting();
  }
  for (const auto& wake : wakes) wake();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<log::Record>> Tail::Fetch(int64_t offset, size_t limit) {
  auto records = source_.read(source_.journal, offset, limit);
  if (records.ok()) records_read_ += records->size();
  return records;
}

absl::StatusOr<Tail::Standing> Tail::StandAt(const Place& place) {
  const auto record = Fetch(place.offset, 1);
  if (!record.ok()) return record.status();
  Standing standing{std::make_unique<JournalReader>(source_.strictness), place.offset + 1};
  if (record->empty() || record->front().offset != place.offset ||
      !standing.reader->ResumeAt(place, record->front().bytes)) {
    return absl::UnavailableError(fmt::format("{}: the record that was read at offset {} is gone or changed",
                                              source_.journal.ToString(), place.offset));
  }
  return standing;
}

absl::Status Tail::Advance(Standing& standing, int64_t last_offset, size_t limit,
                           std::vector<TailRecordPtr>& out) {
  while (out.empty() && standing.next_offset <= last_offset) {
    const auto left = static_cast<size_t>(last_offset - standing.next_offset + 1);
    const auto records = Fetch(standing.next_offset, std::min({limit, left, kTailPiece}));
    if (!records.ok()) {
      return absl::UnavailableError(
          fmt::format("{}: {}", source_.journal.ToString(), std::string(records.status().message())));
    }
    if (records->empty()) break;
    for (const log::Record& record : *records) {
      standing.next_offset = record.offset + 1;
      // At damage it is read on: a release may follow.
      const ReadResult read = standing.reader->Read(record.offset, record.bytes);
      const bool released = read.kind == ReadResult::Kind::kReleased;
      if (!released && read.kind != ReadResult::Kind::kAccepted) continue;
      auto decoded = Decode(*standing.reader->place(), read.frame, record.headers);
      if (!decoded.ok()) return absl::UnavailableError(decoded.status().message());
      out.push_back(*std::move(decoded));
      if (!released) continue;
      standing.next_offset = read.resume_offset;
      break;
    }
  }
  if (out.empty() && standing.reader->damage()) {
    return absl::UnavailableError(fmt::format("{}: damaged at offset {}: {}", source_.journal.ToString(),
                                              standing.reader->damage()->offset,
                                              standing.reader->damage()->why));
  }
  if (out.empty()) {
    return absl::UnavailableError(
        fmt::format("{} ends before what was accepted", source_.journal.ToString()));
  }
  return absl::OkStatus();
}

absl::StatusOr<TailRecordPtr> Tail::Decode(const Place& place, const partition::Frame& frame,
                                           log::RecordHeaders headers) const {
  auto record = std::make_shared<TailRecord>();
  record->headers = std::move(headers);
  record->place = place;
  record->prev = frame.prev;
  record->bytes = sizeof(TailRecord);
  record->release = frame.kind == FrameKind::kRelease;
  if (frame.kind != FrameKind::kDecision) return record;
  journal::v1::Decision decision;
  if (absl::Status parsed = partition::ParseKnown(frame.payload, decision); !parsed.ok()) return parsed;
  auto events = partition::ParseEvents(decision, source_.new_event);
  if (!events.ok()) return events.status();
  record->decided_at = absl::FromUnixMicros(decision.decided_at_us());
  if (decision.has_copied_from()) record->copied_from = decision.copied_from();
  record->copy_completed = decision.has_copy_completed();
  for (size_t i = 0; i < events->size(); ++i) {
    if (!source_.shown(*(*events)[i])) continue;
    record->bytes += (*events)[i]->SpaceUsedLong();
    record->events.push_back({static_cast<uint32_t>(i), std::move((*events)[i])});
  }
  return record;
}

std::string Tail::JournalId() const {
  const std::lock_guard lock(mutex_);
  return accepted_ ? std::string(IdOf(*accepted_)) : "";
}

absl::StatusOr<Tail::Beginning> Tail::ReadBeginning() {
  const auto records = Fetch(0, 1);
  if (!records.ok()) return absl::UnavailableError(records.status().message());
  partition::Frame frame;
  journal::v1::Genesis genesis;
  if (records->empty() || partition::Parse(records->front().bytes, frame) != partition::FrameError::kNone ||
      !partition::ParseKnown(frame.payload, genesis).ok()) {
    return absl::UnavailableError(fmt::format("{}: its genesis can't be read", source_.journal.ToString()));
  }
  Beginning beginning;
  beginning.genesis.journal_id.assign(frame.journal_id.begin(), frame.journal_id.end());
  beginning.genesis.head_prefix = std::string(frame.digest.view());
  beginning.copied_from = GenerationsOf(genesis);
  return beginning;
}

absl::StatusOr<TailRecordPtr> Tail::FindAt(int64_t offset, uint64_t height, const Place& accepted,
                                           Standing& standing) {
  const auto records = Fetch(offset, 1);
  if (!records.ok()) return absl::UnavailableError(records.status().message());
  partition::Frame frame;
  if (records->empty() || records->front().offset != offset ||
      partition::Parse(records->front().bytes, frame) != partition::FrameError::kNone ||
      frame.height != height || frame.journal_id != accepted.journal_id) {
    return AnotherHistory(source_.journal, height);
  }
  const Place place{frame.journal_id, frame.term, frame.height, frame.digest, offset};
  standing = {std::make_unique<JournalReader>(source_.strictness), offset + 1};
  Standing ahead{std::make_unique<JournalReader>(source_.strictness), offset + 1};
  if (!standing.reader->ResumeAt(place, records->front().bytes) ||
      !ahead.reader->ResumeAt(place, records->front().bytes)) {
    return AnotherHistory(source_.journal, height);
  }
  // What a release dropped lies there still: the chain from this record must reach the accepted one.
  while (ahead.reader->place()->height < accepted.height) {
    std::vector<TailRecordPtr> passed;
    const absl::Status read = Advance(ahead, accepted.offset, kTailPiece, passed);
    if (!read.ok() && ahead.reader->damage()) return AnotherHistory(source_.journal, height);
    if (!read.ok()) return read;
  }
  if (ahead.reader->place()->head != accepted.head) return AnotherHistory(source_.journal, height);
  return Decode(place, frame, records->front().headers);
}

absl::StatusOr<TailRecordPtr> Tail::Find(uint64_t height, const Place& accepted, Standing& standing) {
  // Each accepted record takes an offset and each record that a release dropped takes one more: where the two
  // counts agree nothing was dropped, and a record of this height is the accepted one.
  if (static_cast<uint64_t>(accepted.offset) == accepted.height) {
    const auto counted = [this](const log::TopicPartition&, int64_t offset, size_t limit) {
      return Fetch(offset, limit);
    };
    const auto found = FindHeight(counted, source_.journal, height, partition::Strictness::kStrict);
    if (!found.ok()) return absl::UnavailableError(found.status().message());
    partition::Frame frame;
    if (*found && partition::Parse((*found)->bytes, frame) == partition::FrameError::kNone) {
      const Place place{frame.journal_id, frame.term, frame.height, frame.digest, (*found)->offset};
      standing = {std::make_unique<JournalReader>(source_.strictness), place.offset + 1};
      if (frame.journal_id == accepted.journal_id && standing.reader->ResumeAt(place, (*found)->bytes)) {
        return Decode(place, frame, (*found)->headers);
      }
    }
  }
  standing = {std::make_unique<JournalReader>(source_.strictness), 0};
  while (true) {
    std::vector<TailRecordPtr> records;
    const Place* place = standing.reader->place() ? &*standing.reader->place() : nullptr;
    // One at a time near the end of the way: the reader must not go past it.
    const uint64_t left = place == nullptr ? 1 : height - place->height;
    if (absl::Status read = Advance(standing, accepted.offset, std::min<uint64_t>(left, kTailPiece), records);
        !read.ok()) {
      return read;
    }
    if (records.back()->place.height == height) return records.back();
    if (records.back()->place.height > height) return AnotherHistory(source_.journal, height);
  }
}

absl::StatusOr<std::unique_ptr<Tail::Follower>> Tail::Follow(const std::optional<TailPosition>& from,
                                                             std::function<void()> wake) {
  Place accepted;
  TailRecordPtr first;
  Standing own;
  {
    const std::lock_guard lock(mutex_);
    if (absl::Status why = WhyNot(); !why.ok()) return why;
    accepted = *accepted_;
    if (from) {
      if (from->journal_id != IdOf(accepted)) {
        return absl::FailedPreconditionError(
            fmt::format("the position is not of the journal {}", source_.journal.ToString()));
      }
      if (from->height > furthest_) {
        return absl::OutOfRangeError(fmt::format("{} ends at height {}, the position is at {}",
                                                 source_.journal.ToString(), accepted.height, from->height));
      }
      if (from->height > accepted.height) {
        return absl::AbortedError(fmt::format("{} is being read", source_.journal.ToString()));
      }
      if (kept_from_ && from->height > kept_from_->height &&
          from->height <= kept_from_->height + kept_.size()) {
        first = kept_[from->height - kept_from_->height - 1];
      }
    }
  }
  if (from && !first) {
    auto found =
        from->offset ? FindAt(*from->offset, from->height, accepted, own) : Find(from->height, accepted, own);
    if (!found.ok()) return found.status();
    first = *std::move(found);
  }
  if (first && (from->head_prefix.empty() || !first->place.head.view().starts_with(from->head_prefix))) {
    spdlog::error("{}: somebody has seen another record at height {}", source_.journal.ToString(),
                  from->height);
    return AnotherHistory(source_.journal, from->height);
  }
  auto follower =
      std::unique_ptr<Follower>(new Follower(*this, first ? first->place : accepted, std::move(wake)));
  follower->first_ = std::move(first);
  follower->own_ = std::move(own);
  const std::lock_guard lock(mutex_);
  followers_.insert(follower.get());
  ScheduleReading();
  return follower;
}

Tail::Follower::~Follower() {
  const std::lock_guard lock(tail_.mutex_);
  tail_.followers_.erase(this);
  if (tail_.followers_.empty()) tail_.Forget();
}

absl::StatusOr<std::vector<TailRecordPtr>> Tail::Follower::Read(size_t limit) {
  std::vector<TailRecordPtr> records;
  Place accepted;
  {
    const std::lock_guard lock(tail_.mutex_);
    if (!tail_.halted_.empty()) return tail_.WhyNot();
    if (first_) {
      records.push_back(std::exchange(first_, nullptr));
      return records;
    }
    const auto& kept = tail_.kept_;
    if (!tail_.accepted_ || tail_.accepted_->height <= place_.height) {
      const bool same =
          !tail_.accepted_ || tail_.accepted_->height < place_.height || tail_.accepted_->head == place_.head;
      if (!same) return AnotherHistory(tail_.source_.journal, place_.height);
      waiting_ = true;
      return records;
    }
    if (tail_.kept_from_ && tail_.kept_from_->height <= place_.height) {
      const size_t next = place_.height - tail_.kept_from_->height;
      if (next < kept.size() && kept[next]->prev != place_.head) {
        return AnotherHistory(tail_.source_.journal, place_.height);
      }
      for (size_t i = next; i < kept.size() && records.size() < limit; ++i) records.push_back(kept[i]);
      own_ = {};
      if (records.empty()) {
        waiting_ = true;
      } else {
        place_ = records.back()->place;
      }
      return records;
    }
    accepted = *tail_.accepted_;
  }
  if (!own_.reader) {
    auto standing = tail_.StandAt(place_);
    if (!standing.ok()) return standing.status();
    own_ = *std::move(standing);
  }
  if (absl::Status read = tail_.Advance(own_, accepted.offset, limit, records); !read.ok()) return read;
  place_ = records.back()->place;
  return records;
}

}  // namespace sanyuan::host
