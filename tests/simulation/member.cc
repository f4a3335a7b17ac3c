#include <algorithm>
#include <utility>

#include "common/partition/content.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace sanyuan::simulation {
namespace {

using partition::Damage;
using partition::RawRecord;

constexpr size_t kRecordsPerRead = 64;

}  // namespace

void Member::Build() {
  partition::PartitionOptions options = world_.options;
  options.context = world_.name(context_);
  options.inputs = world_.scenario.contexts()[context_].inputs;
  options.incarnation.clear();
  for (int i = 0; i < 16; ++i) options.incarnation.push_back(static_cast<char>(world_.random.Below(256)));
  options.cursors_outside = &cursors_outside_;
  partition_.reset();
  domain_ = world_.scenario.NewDomain(context_);
  partition_ = std::make_unique<partition::Partition>(std::move(options), *domain_, *this);
  history_.clear();
  fresh_.reset();
  next_ = 0;
}

void Member::Start(bool from_snapshot) {
  fetching_ = false;
  pumping_ = false;
  stalled_until_ = 0;
  lose_tail_.reset();
  knows_more_since.reset();
  doubts = false;
  pulls_answered_ = world_.schedule.now();
  session_ = world_.log.Open(context_);
  Build();
  if (from_snapshot && stored_) Restore();
  OnLogChanged();
}

void Member::Restore() {
  const std::optional<std::string> record = world_.log.Read(context_, stored_->place.offset);
  const std::optional<std::string> next = world_.log.Read(context_, stored_->next.offset);
  const absl::Status restored =
      partition_->Restore(stored_->place, record.value_or(""), next.value_or(""), stored_->bytes);
  world_.Trace("process {} {}: snapshot of height {}{}: {}", process_.number(), world_.name(context_),
               stored_->place.height, stored_->torn ? " (torn)" : "", restored.ToString());
  if (restored.ok()) {
    next_ = stored_->place.offset + 1;
    return;
  }
  Build();
  if (stored_->torn) return;
  if (!world_.ledger.chapters[context_].unsound) {
    world_.ledger.Fail(fmt::format("process {} can't use a good snapshot of {}: {}", process_.number(),
                                   world_.name(context_), restored.ToString()));
  }
  // It was made of a journal that is not here any more: whoever made it has seen more than the log holds.
  partition_->HaltAt(stored_->place.offset, "the journal is not the one that the snapshot was made of", "");
}

void Member::StoreFresh() {
  if (!fresh_) return;
  stored_ = StoredSnapshot{fresh_->place, fresh_->next, fresh_->snapshot.Encode(), false};
  fresh_.reset();
}

void Member::Crash(Micros late) {
  StoreFresh();
  world_.log.Break(session_, late);
  partition_.reset();
  domain_.reset();
}

void Member::TearSnapshot() {
  if (!stored_ || stored_->bytes.empty()) return;
  stored_->torn = true;
  if (world_.random.Percent(20)) {
    stored_->bytes.resize(world_.random.Below(stored_->bytes.size()));
    return;
  }
  char& byte = stored_->bytes[world_.random.Below(stored_->bytes.size())];
  byte = static_cast<char>(byte ^ (1 << world_.random.Below(8)));
}

void Member::OnLogChanged() {
  if (fetching_ || partition_ == nullptr) return;
  fetching_ = true;
  process_.DeliverRead(world_.random.Between(200, 8 * kMillisecond), [this] { Fetch(); });
}

void Member::Fetch() {
  fetching_ = false;
  // Readers see any first part of what is there.
  const size_t count = world_.random.Percent(70) ? kRecordsPerRead : 1 + world_.random.Below(4);
  const std::vector<RawRecord> records = world_.log.ReadFrom(context_, next_, count);
  const int64_t from = next_;
  if (next_ > world_.log.End(context_)) Doubt();  // As engines say that there is no such offset.
  next_ = std::max(next_, records.empty() ? world_.log.End(context_) : records.back().offset + 1);
  if (!records.empty()) partition_->OnRecords(records);
  if (next_ >= world_.log.End(context_)) {
    partition_->OnEnd(world_.log.End(context_));
  } else {
    OnLogChanged();
  }
  if (next_ != from) SchedulePump();
}

void Member::OnInputChanged(const std::string& topic) {
  const auto& inputs = world_.scenario.contexts()[context_].inputs;
  if (partition_->role() != partition::Partition::Role::kLeading ||
      std::find(inputs.begin(), inputs.end(), topic) == inputs.end()) {
    return;  // Who begins to write begins by reading its inputs.
  }
  process_.DeliverRead(world_.random.Between(200, 8 * kMillisecond), [this, topic] {
    partition_->OnInputGrown(topic);
    SchedulePump();
  });
}

void Member::OnCommand(partition::PendingCommand command) {
  command.command.received_at = process_.Clock();
  partition_->OnCommand(std::move(command));
  SchedulePump();
}

void Member::RaiseFormat() {
  journal::v1::FormatRaised raise;
  raise.set_format(partition::kNewestFormat);
  partition_->RaiseFormat(raise).IgnoreError();  // Who does not lead refuses, and all are asked.
  SchedulePump();
}

void Member::OnTick() {
  partition_->OnTime(process_.Clock());
  const auto& place = partition_->reader().place();
  if (const auto& damage = world_.ownership.damage(context_);
      damage && !partition_->halted() && damage->at + 300 * kMillisecond <= world_.schedule.now()) {
    partition_->HaltAt(damage->offset, damage->why, world_.log.Read(context_, damage->offset).value_or(""));
  }
  if (place && !partition_->halted()) world_.ownership.Publish(process_.number(), context_, *place);
  SchedulePump();
}

void Member::Doubt() {
  doubts = knows_more_since.has_value();
  partition_->OnDoubt();
}

void Member::SchedulePump() {
  if (pumping_) return;
  pumping_ = true;
  process_.Deliver(world_.random.Between(20, 300), [this] {
    pumping_ = false;
    partition_->OnTime(process_.Clock());
    if (partition_->Pump()) SchedulePump();
  });
}

bool Member::Produce(std::string record, const log::RecordHeaders& /*headers*/) {
  if (world_.schedule.now() < stalled_until_) return false;
  world_.log.Produce(session_, std::move(record));
  if (lose_tail_) {
    const Micros noticed_after = *std::exchange(lose_tail_, std::nullopt);
    ++world_.faults[static_cast<size_t>(Fault::kLostTail)];
    world_.log.Break(session_, 20 * kMillisecond);
    process_.Deliver(noticed_after, [this] { NewProducer(); });
  }
  return true;
}

void Member::NewProducer() {
  session_ = world_.log.Open(context_);
  world_.Trace("process {} {}: producer lost", process_.number(), world_.name(context_));
  partition_->OnProducerLost();
  SchedulePump();
}

void Member::DestroyProducer(Micros late) {
  lose_tail_.reset();
  world_.log.Break(session_, late);
  NewProducer();
}

void Member::Stall(Micros until) {
  stalled_until_ = until;
  partition_->OnStalled(true);
  process_.Deliver(until - world_.schedule.now() + 1, [this] {
    if (world_.schedule.now() < stalled_until_) return;
    partition_->OnStalled(false);
    SchedulePump();
  });
}

void Member::Reply(uint64_t call, partition::Answer answer) {
  world_.clients.OnReply(process_.number(), context_, call, std::move(answer));
}

void Member::Accepted(partition::AcceptedRecord record) {
  world_.Trace("process {} {}: accepted height {} term {} offset {}", process_.number(),
               world_.name(context_), record.place.height, record.place.term, record.place.offset);
  history_[record.place.height] = record.place.head;
  world_.ledger.Accepted(process_.number(), context_, record.place);
}

void Member::SnapshotReady(partition::SnapshotPoint point) { fresh_ = std::move(point); }

void Member::ReadHead(int64_t offset) {
  process_.Deliver(world_.random.Between(200, 5 * kMillisecond), [this, offset] {
    process_.Deliver(world_.random.Between(200, 5 * kMillisecond),
                     [this, offset, record = world_.log.Read(context_, offset)] {
                       partition_->OnHeadRead(offset, record);
                       SchedulePump();
                     });
  });
}

void Member::PullInput(const std::string& topic, int64_t offset) {
  // Answered in the order in which they were asked.
  pulls_answered_ =
      std::max(pulls_answered_, world_.schedule.now() + world_.random.Between(200, 8 * kMillisecond));
  process_.DeliverRead(pulls_answered_ - world_.schedule.now(), [this, topic, offset] {
    const size_t input = world_.TopicNumber(topic);
    const size_t count = world_.random.Percent(70) ? kRecordsPerRead : 1 + world_.random.Below(4);
    partition_->OnInputRecords(topic, offset, world_.log.ReadFrom(input, offset, count),
                               world_.log.End(input));
    SchedulePump();
  });
}

void Member::FetchPages(const std::string& topic, std::vector<uint64_t> heights) {
  process_.DeliverRead(world_.random.Between(200, 8 * kMillisecond),
                       [this, topic, heights = std::move(heights)] {
                         const size_t input = world_.TopicNumber(topic);
                         std::vector<RawRecord> records;
                         for (const uint64_t height : heights) {
                           auto offset = static_cast<int64_t>(height);  // Of a scripted journal.
                           if (input < world_.contexts()) {
                             const auto& accepted = world_.ledger.chapters[input].accepted;
                             offset = height < accepted.size() ? accepted[height].offset : -1;
                           }
                           if (std::optional<std::string> bytes = world_.log.Read(input, offset)) {
                             records.push_back({offset, *std::move(bytes)});
                           }
                         }
                         partition_->OnPages(topic, records);
                         SchedulePump();
                       });
}

void Member::StoodDown() {
  world_.Trace("process {} {}: stood down", process_.number(), world_.name(context_));
  world_.ownership.OnStoodDown(process_, context_);
}

void Member::Halted(const Damage& damage) {
  world_.Trace("process {} {}: halted at offset {}: {}", process_.number(), world_.name(context_),
               damage.offset, damage.why);
  world_.ledger.Halted(process_.number(), context_, fmt::format("offset {}: {}", damage.offset, damage.why));
  world_.ownership.PublishDamage(context_, {world_.schedule.now(), damage.offset, damage.why});
}

void Member::InputHalted(const std::string& topic, const Damage& damage) {
  world_.Trace("process {} {}: halted input {} at offset {}: {}", process_.number(), world_.name(context_),
               topic, damage.offset, damage.why);
  const size_t input = world_.TopicNumber(topic);
  if (input < world_.contexts()) {
    world_.ledger.Halted(
        process_.number(), input,
        fmt::format("as input of {}, offset {}: {}", world_.name(context_), damage.offset, damage.why));
  } else {
    world_.ledger.Fail(fmt::format("process {} halted input {} at offset {}: {}", process_.number(), topic,
                                   damage.offset, damage.why));
  }
}

}  // namespace sanyuan::simulation
