#include "common/reshard/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/host/replay.h"
#include "common/partition/content.h"
#include "common/partition/input.h"

namespace sanyuan::reshard {
namespace {

constexpr size_t kInputPiece = 512;
constexpr size_t kAnyEffect = 1;
constexpr char kLetThemFinish[] =
    "start the servers, let no calls in until they are idle, stop them, and try again";

absl::Status NotAtRest(const log::TopicPartition& journal, const std::string& why) {
  return absl::FailedPreconditionError(
      fmt::format("{} is not at rest: {}; {}", journal.ToString(), why, kLetThemFinish));
}

// Whether the front has an effect here that is not decided yet.
bool HasEffect(const partition::Domain& domain, const partition::InputQueue& queue,
               const partition::Stamp& stamp) {
  const partition::InputQueue::Item& item = *queue.front();
  if (item.events.empty()) return false;
  partition::Input input;
  input.topic = queue.topic();
  input.stamp = partition::StampOf(item.decision);
  input.height = item.place.height;
  input.events = &item.events;
  if (!domain.PagesOf(input).empty()) return true;
  const partition::Reaction reaction = domain.React(input, queue.consumed().index, kAnyEffect, stamp);
  return !reaction.events.empty() || !reaction.done;
}

// Cursors lag behind what was consumed without an effect, so what lies behind them is looked through.
absl::Status CheckConsumed(const Installation& installation, const log::TopicPartition& journal,
                           const partition::Partition& partition, const partition::Domain& domain,
                           const std::string& topic) {
  const log::TopicPartition input = installation.InputOf(journal.partition, topic);
  partition::InputQueue queue(topic, installation.strictness, [&] { return domain.NewInputEvent(topic); });
  queue.Restart(partition.books().cursors.Find({topic}));
  partition::Stamp stamp;
  stamp.decided_at = stamp.received_at = partition.last_decided();
  if (queue.consumed().index != 0) {
    return NotAtRest(journal, fmt::format("its reaction to {} at height {} is not finished", input.ToString(),
                                          queue.consumed().height + 1));
  }
  while (const std::optional<int64_t> from = queue.WantsPull()) {
    const auto records = installation.log->ReadFrom(input, *from, kInputPiece);
    if (!records.ok()) return records.status();
    const auto end = installation.log->EndOffset(input);
    if (!end.ok()) return end.status();
    std::vector<partition::RawRecord> raw;
    for (const log::Record& record : *records) raw.push_back({record.offset, record.bytes});
    queue.OnRecords(*from, raw, *end);
    while (queue.front() != nullptr) {
      if (HasEffect(domain, queue, stamp)) {
        return NotAtRest(journal, fmt::format("it has not consumed {} from height {} on", input.ToString(),
                                              queue.front()->place.height));
      }
      queue.Consume(0, true);
    }
  }
  if (!queue.damage()) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format("{}: its input {} is halted at offset {}: {}",
                                                   journal.ToString(), input.ToString(),
                                                   queue.damage()->offset, queue.damage()->why));
}

absl::Status CheckAtRest(const Installation& installation, const host::JournalOf& of,
                         const partition::Partition& partition, const partition::Domain& domain) {
  if (partition.format() < partition::kNewestFormat) {
    return absl::FailedPreconditionError(fmt::format(
        "{} has format {}: raise all journals to {} first (sanyuanctl format raise), the new ones "
        "are not readable for older versions",
        of.journal.ToString(), partition.format(), partition::kNewestFormat));
  }
  if (partition.books().BeingCopied()) {
    return absl::FailedPreconditionError(
        fmt::format("{} is itself a copy that was not finished", of.journal.ToString()));
  }
  for (const std::string& topic : of.spec->inputs) {
    if (absl::Status consumed = CheckConsumed(installation, of.journal, partition, domain, topic);
        !consumed.ok()) {
      return consumed;
    }
  }
  if (domain.HasWork()) return NotAtRest(of.journal, "a run is under way");
  return absl::OkStatus();
}

absl::StatusOr<Surveyed> SurveyOne(const Installation& installation, const host::JournalOf& of) {
  const auto end = installation.log->EndOffset(of.journal);
  if (!end.ok()) return end.status();
  Surveyed surveyed{of, {}, *end, absl::InfinitePast(), {}, {}};
  absl::Status at_rest;
  const auto replayed =
      host::Replay(*of.spec, of.journal.partition, installation.Reader(), installation.strictness, *end,
                   [&](const partition::Partition& partition, partition::Domain& domain) {
                     if (partition.halted()) return;
                     at_rest = CheckAtRest(installation, of, partition, domain);
                     surveyed.rows = domain.store().RowDigests();
                     surveyed.last_decided = partition.last_decided();
                   });
  if (!replayed.ok()) return replayed.status();
  if (replayed->damage) {
    return absl::FailedPreconditionError(
        fmt::format("{} is damaged at offset {}: {}; sanyuanctl journal release lets it go on",
                    of.journal.ToString(), replayed->damage->offset, replayed->damage->why));
  }
  if (!at_rest.ok()) return at_rest;
  surveyed.end = *replayed->place;
  surveyed.business = replayed->digests;
  return surveyed;
}

}  // namespace

host::ReadRecords Installation::Reader() const {
  return [log = log](const log::TopicPartition& journal, int64_t offset, size_t limit) {
    return log->ReadFrom(journal, offset, limit);
  };
}

log::TopicPartition Installation::InputOf(int32_t partition, const std::string& topic) const {
  const bool single = std::any_of(specs.begin(), specs.end(), [&](const host::ContextSpec& spec) {
    return spec.topic() == topic && spec.single_partition;
  });
  return {topic, single ? 0 : partition};
}

journal::v1::Cursor Surveyed::End() const {
  journal::v1::Cursor cursor;
  cursor.set_topic(of.journal.topic);
  cursor.set_partition(of.journal.partition);
  cursor.set_journal_id(end.journal_id.data(), end.journal_id.size());
  cursor.set_offset(end.offset);
  cursor.set_height(end.height);
  cursor.set_head(std::string(end.head.view()));
  return cursor;
}

absl::StatusOr<std::vector<Surveyed>> Survey(const Installation& installation) {
  std::vector<Surveyed> all;
  for (const host::JournalOf& of : installation.Journals()) {
    auto surveyed = SurveyOne(installation, of);
    if (!surveyed.ok()) return surveyed.status();
    all.push_back(*std::move(surveyed));
  }
  return all;
}

absl::Time MayComeAgainSince(const std::vector<Surveyed>& surveyed) {
  absl::Time newest = absl::InfinitePast();
  for (const Surveyed& one : surveyed) newest = std::max(newest, one.last_decided);
  return newest - partition::kRequestWindow;
}

absl::Status CheckUnchanged(const Installation& installation, const std::vector<Surveyed>& surveyed) {
  for (const Surveyed& one : surveyed) {
    const auto end = installation.log->EndOffset(one.of.journal);
    if (!end.ok()) return end.status();
    if (*end == one.end_offset) continue;
    return absl::FailedPreconditionError(
        fmt::format("{} went on while it was copied: stop all servers, and try again with another place",
                    one.of.journal.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::reshard
