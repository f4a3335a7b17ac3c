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
               int64_t end_offset)
    : journal_(std::move(journal)), read_(std::move(read)), end_offset_(end_offset), reader_(strictness) {}

absl::StatusOr<bool> Source::Next() {
  while (true) {
    if (at_ == records_.size()) {
      if (next_offset_ >= end_offset_) return false;
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
    if (record.offset >= end_offset_) return false;
    next_offset_ = record.offset + 1;
    const auto taken = Take(record);
    if (!taken.ok() || *taken) return taken;
  }
}

absl::StatusOr<bool> Source::Take(const log::Record& record) {
  const partition::ReadResult read = reader_.Read(record.offset, record.bytes);
  // Behind damage a release follows, or the journal would not have been found sound.
  const bool released = read.kind == partition::ReadResult::Kind::kReleased;
  if (!released && read.kind != partition::ReadResult::Kind::kAccepted) return false;
  const bool decides = read.frame.kind == partition::FrameKind::kDecision;
  if (decides) {
    if (absl::Status parsed = partition::ParseKnown(read.frame.payload, decision_); !parsed.ok()) {
      return absl::DataLossError(fmt::format("{} at offset {}: {}", journal_.ToString(), record.offset,
                                             std::string(parsed.message())));
    }
    format_ = next_format_;
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
