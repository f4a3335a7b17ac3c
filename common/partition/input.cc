#include "common/partition/input.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/safeguards.h"

namespace sanyuan::partition {
namespace {

// Few enough that a slow consumer does not hold a journal in memory, enough that reading is not the brake.
constexpr size_t kQueueTarget = 512;

CursorRow CursorAt(const Place& place) {
  CursorRow row;
  row.journal_id.assign(reinterpret_cast<const char*>(place.journal_id.data()), place.journal_id.size());
  row.offset = place.offset;
  row.height = place.height;
  row.head = place.head;
  return row;
}

}  // namespace

void InputQueue::Restart(const CursorRow* cursor) {
  reader_ = JournalReader(strictness_);
  items_.clear();
  consumed_ = cursor != nullptr ? *cursor : CursorRow{};
  written_ = consumed_;
  unwritten_ = 0;
  to_verify_.reset();
  next_offset_ = 0;
  if (cursor != nullptr && !cursor->journal_id.empty()) {
    to_verify_ = *cursor;
    next_offset_ = cursor->offset;
  }
  pulling_ = false;
  grown_ = true;
  at_end_ = false;
}

std::optional<int64_t> InputQueue::WantsPull() {
  // Behind damage too: a release may come.
  if (pulling_ || !grown_ || items_.size() >= kQueueTarget) return std::nullopt;
  pulling_ = true;
  return next_offset_;
}

bool InputQueue::OnRecords(int64_t from, const std::vector<RawRecord>& records, int64_t end) {
  if (!pulling_ || from != next_offset_) return true;
  pulling_ = false;
  end_ = end;
  if (records.empty() && !to_verify_ && end < next_offset_) {
    // The log ends before what was read of it, so other records may come to stand there: all that nobody has decided on
    // is read again, from a record that must still be the same.
    const CursorRow consumed = consumed_, written = written_;
    const uint64_t unwritten = unwritten_;
    Restart(&consumed);
    written_ = written;
    unwritten_ = unwritten;
    return true;
  }
  const bool was_sound = !reader_.damage().has_value();
  for (const RawRecord& record : records) {
    if (record.offset < next_offset_) continue;
    next_offset_ = record.offset + 1;
    if (!Take(record)) break;
  }
  if (Safeguards::verify_stored_places && to_verify_ && !reader_.damage() && records.empty()) {
    reader_.Halt(to_verify_->offset, "the record that was read here before is gone", {});
  }
  if (records.empty() && !to_verify_)
    next_offset_ = std::max(next_offset_, end);  // No record stands before it.
  at_end_ = next_offset_ >= end;
  grown_ = !at_end_ || std::exchange(grown_while_pulling_, false);
  if (at_end_ && !reader_.damage()) reader_.ReachedEnd(end);
  return !(was_sound && reader_.damage());
}

bool InputQueue::Take(const RawRecord& record) {
  if (to_verify_) {
    const CursorRow cursor = *std::exchange(to_verify_, std::nullopt);
    Frame frame;
    Parse(record.bytes, frame);
    Place place;
    std::memcpy(place.journal_id.data(), cursor.journal_id.data(), place.journal_id.size());
    place.term = frame.term;
    place.height = cursor.height;
    place.head = cursor.head;
    place.offset = cursor.offset;
    if (Safeguards::verify_stored_places && record.offset != cursor.offset) {
      reader_.Halt(cursor.offset, "the record that was read here before is gone", {});
      return false;
    }
    return reader_.ResumeAt(place, record.bytes);
  }
  const ReadResult read = reader_.Read(record.offset, record.bytes);
  if (read.kind == ReadResult::Kind::kSkipped) return true;
  if (read.kind == ReadResult::Kind::kHalted) return true;  // A release may follow further on.
  Item item;
  item.place = *reader_.place();
  item.headers = record.headers;
  if (read.frame.kind == FrameKind::kDecision) {
    absl::Status parsed = ParseKnown(read.frame.payload, item.decision);
    if (parsed.ok()) {
      absl::StatusOr<std::vector<EventPtr>> events = ParseEvents(item.decision, new_event_);
      parsed = events.status();
      if (events.ok()) item.events = *std::move(events);
    }
    if (!parsed.ok()) {
      reader_.Halt(record.offset, std::string(parsed.message()), record.bytes);
      return false;
    }
    item.seen.assign(item.decision.cursors().begin(), item.decision.cursors().end());
    item.counts = item.decision.events_size() > 0 || item.decision.refusals_size() > 0;
  }
  if (read.kind == ReadResult::Kind::kReleased) {
    next_offset_ = read.resume_offset;
    items_.push_back(std::move(item));
    return false;
  }
  items_.push_back(std::move(item));
  return true;
}

void InputQueue::Consume(uint64_t index, bool done) {
  if (!done) {
    consumed_.index = index;
    return;
  }
  const Item& item = items_.front();
  consumed_ = CursorAt(item.place);
  if (item.counts) ++unwritten_;
  items_.pop_front();
}

}  // namespace sanyuan::partition
