#include "common/reshard/source.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "common/partition/content.h"

namespace sanyuan::reshard {
namespace {

constexpr size_t kSourcePiece = 512;

}  // namespace

std::function<partition::EventPtr()> EventMaker(const host::ContextSpec& spec) {
  return [prototype = std::shared_ptr<const google::protobuf::Message>(spec.new_domain()->NewEvent())] {
    return partition::EventPtr(prototype->New());
  };
}

Source::Source(log::TopicPartition journal, host::ReadRecords read, partition::Strictness strictness,
               int64_t end_offset, std::optional<partition::Place> end)
    : journal_(std::move(journal)),
      read_(std::move(read)),
      end_offset_(end_offset),
      end_(std::move(end)),
      reader_(strictness) {}

absl::Status Source::CheckEnd() {
  reader_.ReachedEnd(end_offset_);
  if (const auto& damage = reader_.damage()) {
    return absl::DataLossError(
        fmt::format("{} is damaged at offset {}: {}", journal_.ToString(), damage->offset, damage->why));
  }
  if (end_ && reader_.place() != end_) {
    return absl::DataLossError(
        fmt::format("{} does not end with the record that it ended with before, at height {}",
                    journal_.ToString(), end_->height));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Source::Next() {
  while (true) {
    if (at_ == records_.size()) {
      if (next_offset_ >= end_offset_) break;
      auto records = read_(journal_, next_offset_, kSourcePiece);
      if (!records.ok()) return records.status();
      if (records->empty()) {
        return absl::DataLossError(fmt::format("{} ends at offset {}, it had {} records before",
                                               journal_.ToString(), next_offset_, end_offset_));
      }
      records_ = *std::move(records);
      at_ = 0;
    }
    const log::Record& record = records_[at_++];
    if (record.offset >= end_offset_) break;
    next_offset_ = record.offset + 1;
    const auto taken = Take(record);
    if (!taken.ok() || *taken) return taken;
  }
  if (absl::Status sound = CheckEnd(); !sound.ok()) return sound;
  return false;
}

absl::StatusOr<bool> Source::Take(const log::Record& record) {
  const partition::ReadResult read = reader_.Read(record.offset, record.bytes);
  // Behind damage it is read on: a release may follow.
  const bool released = read.kind == partition::ReadResult::Kind::kReleased;
  if (!released && read.kind != partition::ReadResult::Kind::kAccepted) return false;
  const bool decides = read.frame.kind == partition::FrameKind::kDecision;
  if (decides) {
    if (absl::Status parsed = partition::ParseKnown(read.frame.payload, decision_); !parsed.ok()) {
      return absl::DataLossError(fmt::format("{} at offset {}: {}", journal_.ToString(), record.offset,
                                             std::string(parsed.message())));
    }
    // By what its content folds: a copy's is that of its original.
    format_ = decision_.has_copied_from() ? decision_.copied_from().format() : next_format_;
    if (decision_.has_format_raised()) next_format_ = decision_.format_raised().format();
  }
  if (released) {
    next_offset_ = read.resume_offset;
    records_.clear();
    at_ = 0;
  }
  return decides;
}

}  // namespace sanyuan::reshard
