#include "common/reshard/copier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/events/public_event.h"
#include "common/partition/content.h"
#include "common/partition/origin.h"
#include "common/partition/partitioner.h"
#include "common/reshard/scope.h"

namespace sanyuan::reshard {
namespace {

using google::protobuf::Message;

// What is wrong with the content of a journal is wrong with nothing that was asked for.
absl::Status At(const Source& source, const absl::Status& why) {
  const absl::StatusCode code = absl::IsInvalidArgument(why) ? absl::StatusCode::kDataLoss : why.code();
  return absl::Status(code, fmt::format("{} at height {}: {}", source.journal().ToString(),
                                        source.place().height, std::string(why.message())));
}

}  // namespace

Copier::Copier(const Installation& from, const std::vector<Surveyed>& surveyed, const Installation& to,
               std::vector<std::unique_ptr<Target>>& targets, const Request& request)
    : from_(from),
      to_(to),
      targets_(targets),
      request_(request),
      may_come_again_since_(MayComeAgainSince(surveyed)),
      merge_(surveyed.size()),
      copies_(targets.size(), 0) {
  for (const Surveyed& one : surveyed) {
    newest_ = std::max(newest_, one.last_decided);
    source_numbers_[one.of.journal] = sources_.size();
    sources_.push_back(
        {one.of.spec,
         std::make_unique<Source>(one.of.journal, from.Reader(), from.strictness, one.end_offset, one.end),
         EventMaker(*one.of.spec)});
  }
  for (size_t i = 0; i < targets.size(); ++i) target_numbers_[targets[i]->journal()] = i;
}

std::vector<size_t> Copier::TargetsOf(const std::string& topic) const {
  std::vector<size_t> numbers;
  for (const auto& [journal, number] : target_numbers_) {
    if (journal.topic == topic) numbers.push_back(number);
  }
  return numbers;
}

size_t Copier::TargetOf(const std::string& topic, int32_t partition) const {
  return target_numbers_.at({topic, partition});
}

absl::StatusOr<bool> Copier::Offer(size_t journal) {
  Source& source = *sources_[journal].source;
  const auto any = source.Next();
  if (!any.ok() || !*any) return any;
  Merge::Head head;
  head.journal = journal;
  head.height = source.place().height;
  head.decided_at_us = source.decision().decided_at_us();
  for (const journal::v1::Cursor& cursor : source.decision().cursors()) {
    const auto seen =
        source_numbers_.find({cursor.topic(), from_.InputOf(cursor.partition(), cursor.topic()).partition});
    if (seen != source_numbers_.end()) head.seen.emplace_back(seen->second, SeenHeight(cursor));
  }
  merge_.Offer(std::move(head));
  return true;
}

absl::Status Copier::CopyAll() {
  for (size_t journal = 0; journal < sources_.size(); ++journal) {
    if (const auto any = Offer(journal); !any.ok()) return any.status();
  }
  while (const std::optional<Merge::Head> head = merge_.Next()) {
    if (absl::Status copied = Copy(head->journal); !copied.ok()) {
      return At(*sources_[head->journal].source, copied);
    }
    if (const auto any = Offer(head->journal); !any.ok()) return any.status();
  }
  for (const From& from : sources_) {
    if (from.spec->single_partition || from.everywhere == everywhere_[from.spec->topic()].size()) continue;
    return absl::FailedPreconditionError(fmt::format(
        "{} holds {} copies of what belongs to no county, others of its context hold {}",
        from.source->journal().ToString(), from.everywhere, everywhere_[from.spec->topic()].size()));
  }
  for (std::unique_ptr<Target>& target : targets_) {
    const absl::Time at = newest_ == absl::InfinitePast() ? absl::UnixEpoch() : newest_;
    if (absl::Status raised = RaiseFormat(*target, absl::ToUnixMicros(at)); !raised.ok()) return raised;
    if (absl::Status flushed = target->Flush(); !flushed.ok()) return flushed;
  }
  return absl::OkStatus();
}

absl::Status Copier::Copy(size_t journal) {
  From& from = sources_[journal];
  const journal::v1::Decision& decision = from.source->decision();
  if (decision.has_copy_completed()) return absl::OkStatus();
  if (decision.has_format_raised() || decision.has_input_skipped()) {
    ++operators_decisions_;
    return absl::OkStatus();
  }
  auto events = partition::ParseEvents(decision, from.new_event);
  if (!events.ok()) return events.status();
  auto parts = Divide(journal, *std::move(events));
  if (!parts.ok()) return parts.status();
  if (decision.has_command()) {
    if (decision.events().empty()) GiveToAllThatMayBeAsked(from, decision, *parts);
    if (decision.events_size() > 0 && parts->size() != 1) {
      return absl::InvalidArgumentError("a command changed counties of several partitions");
    }
    if (UsesAnIdAgain(decision, *parts)) ++request_ids_used_twice_;
  }
  for (auto& [target, part] : *parts) {
    if (absl::Status written = Write(journal, decision, target, std::move(part)); !written.ok()) {
      return written;
    }
  }
  return absl::OkStatus();
}

bool Copier::UsesAnIdAgain(const journal::v1::Decision& decision, const Parts& parts) const {
  return std::any_of(parts.begin(), parts.end(), [&](const auto& part) {
    const partition::RequestRow* row = targets_[part.first]->Remembered(decision);
    return row != nullptr && row->content != decision.command().content();
  });
}

absl::StatusOr<Copier::Parts> Copier::Divide(size_t journal, std::vector<partition::EventPtr> events) {
  From& from = sources_[journal];
  const std::string topic = from.spec->topic();
  Parts parts;
  const auto give = [&parts](size_t target, uint32_t number, partition::EventPtr event) {
    parts[target].numbers.push_back(number);
    parts[target].events.push_back(std::move(event));
  };
  for (uint32_t number = 0; number < events.size(); ++number) {
    partition::EventPtr& event = events[number];
    const Message* inner = events::InnerEvent(*event);
    if (inner == nullptr) return absl::InvalidArgumentError("an event without content");
    if (from.spec->single_partition) {
      give(TargetOf(topic, 0), number, std::move(event));
      continue;
    }
    const auto scope = ScopeOf(*inner);
    if (!scope.ok()) return scope.status();
    if (*scope) {
      if (partition::PartitionOf(**scope, from_.partitions) != from.source->journal().partition) {
        return absl::InvalidArgumentError(
            fmt::format("a {} is about county {}, which belongs to another partition",
                        std::string(inner->GetDescriptor()->full_name()), CountyText(**scope)));
      }
      give(TargetOf(topic, partition::PartitionOf(**scope, to_.partitions)), number, std::move(event));
      continue;
    }
    const auto first = IsFirstOfItsContext(from, event->SerializeAsString());
    if (!first.ok()) return first.status();
    if (!*first) continue;
    for (const size_t target : TargetsOf(topic)) {
      partition::EventPtr copy(event->New());
      copy->CopyFrom(*event);
      give(target, number, std::move(copy));
    }
  }
  return parts;
}

absl::StatusOr<bool> Copier::IsFirstOfItsContext(From& from, const std::string& bytes) {
  std::vector<Digest>& known = everywhere_[from.spec->topic()];
  const Digest digest = Sha256(bytes);
  const size_t number = from.everywhere++;
  if (number == known.size()) {
    known.push_back(digest);
    return true;
  }
  if (known[number] == digest) return false;
  return absl::FailedPreconditionError(
      "its copies of what belongs to no county are not those of the other partitions of its context");
}

// A decision without events names no county. It changes nothing but the memory of its request id, which may be sent again to
// any partition as long as that is remembered: each remembers it afterwards. One that does already is left as it is, whether by
// another copy of the same or, as in a journal of old, with what it had been asked first.
void Copier::GiveToAllThatMayBeAsked(const From& from, const journal::v1::Decision& decision,
                                     Parts& parts) const {
  const std::string topic = from.spec->topic();
  const partition::Stamp stamp = partition::StampOf(decision);
  const absl::Time asked =
      absl::FromUnixMillis(static_cast<int64_t>(partition::RequestMillis(stamp.request_id)));
  if (asked >= may_come_again_since_) {
    for (const size_t target : TargetsOf(topic)) {
      if (targets_[target]->Remembered(decision) == nullptr) parts[target];
    }
    return;
  }
  const int32_t count = from.spec->single_partition ? 1 : to_.partitions;
  parts[TargetOf(topic, from.source->journal().partition % count)];
}

absl::Status Copier::RaiseFormat(Target& target, int64_t decided_at_us) {
  if (target.format() >= partition::kNewestFormat) return absl::OkStatus();
  journal::v1::Decision decision;
  decision.set_decided_at_us(decided_at_us);
  journal::v1::FormatRaised& raised = *decision.mutable_format_raised();
  raised.set_format(partition::kNewestFormat);
  raised.set_operator_id(request_.operator_id);
  raised.set_why(request_.why);
  return target.Write(decision, {}).status();
}

absl::Status Copier::Write(size_t journal, const journal::v1::Decision& original, size_t target_number,
                           Part part) {
  const Source& source = *sources_[journal].source;
  Target& target = *targets_[target_number];
  if (absl::Status raised = RaiseFormat(target, original.decided_at_us()); !raised.ok()) return raised;
  journal::v1::Decision copy = original;
  copy.clear_events();
  copy.clear_cursors();
  copy.clear_state_digest();
  *copy.mutable_copied_from() = partition::OriginOf(source.place(), original, source.format(), part.numbers);
  // All that stands in the inputs by now was copied before this decision, as what it had seen was decided before it.
  for (const journal::v1::Cursor& cursor : original.cursors()) {
    const log::TopicPartition input = to_.InputOf(target.journal().partition, cursor.topic());
    *copy.add_cursors() = targets_[TargetOf(input.topic, input.partition)]->Ahead();
  }
  bool pages = false;
  for (partition::EventPtr& event : part.events) {
    pages = pages || IsPage(*events::InnerEvent(*event));
    if (!request_.map_pages) continue;
    if (absl::Status mapped = pages_.Map(journal, target_number, MutableInner(*event)); !mapped.ok()) {
      return mapped;
    }
  }
  const auto height = target.Write(copy, part.events);
  if (!height.ok()) return height.status();
  if (pages) pages_.Note(journal, source.place().height, target_number, *height);
  ++copies_[target_number];
  return absl::OkStatus();
}

absl::Status Copier::Complete() {
  std::vector<journal::v1::Decision> completed;
  for (size_t i = 0; i < targets_.size(); ++i) {
    journal::v1::Decision& decision = completed.emplace_back();
    decision.set_decided_at_us(absl::ToUnixMicros(targets_[i]->last_decided()));
    journal::v1::CopyCompleted& said = *decision.mutable_copy_completed();
    said.set_decisions(copies_[i]);
    said.set_operator_id(request_.operator_id);
    said.set_why(request_.why);
  }
  // Where each journal stands before any of these records.
  for (const auto& [journal, number] : target_numbers_) {
    for (const host::ContextSpec& spec : to_.specs) {
      if (spec.topic() != journal.topic) continue;
      for (const std::string& topic : spec.inputs) {
        const log::TopicPartition input = to_.InputOf(journal.partition, topic);
        *completed[number].add_cursors() = targets_[TargetOf(input.topic, input.partition)]->Ahead();
      }
    }
  }
  for (size_t i = 0; i < targets_.size(); ++i) {
    if (const auto written = targets_[i]->Write(completed[i], {}); !written.ok()) return written.status();
  }
  for (std::unique_ptr<Target>& target : targets_) {
    if (absl::Status flushed = target->Flush(); !flushed.ok()) return flushed;
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::reshard
