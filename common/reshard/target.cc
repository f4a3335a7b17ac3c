#include "common/reshard/target.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "common/host/incarnation.h"
#include "common/partition/content.h"

namespace sanyuan::reshard {
namespace {

constexpr std::chrono::seconds kLandingPatience(60);

partition::PartitionOptions OptionsOf(const host::JournalOf& of, const log::Log& log) {
  partition::PartitionOptions options;
  options.context = of.spec->context;
  options.partition = of.journal.partition;
  options.strictness = host::StrictnessOf(log);
  options.incarnation = host::NewIncarnation();
  options.guard_clock = false;
  options.copying = true;
  return options;
}

}  // namespace

Target::Target(const host::JournalOf& of, log::Log& log)
    : journal_(of.journal),
      log_(log),
      domain_(of.spec->new_domain()),
      partition_(OptionsOf(of, log), *domain_, *this) {}

Target::~Target() {
  subscription_.reset();
  producer_.reset();
}

absl::StatusOr<std::unique_ptr<Target>> Target::Open(const host::JournalOf& of, log::Log& log) {
  std::unique_ptr<Target> target(new Target(of, log));
  if (absl::Status taken = target->TakeOver(); !taken.ok()) return taken;
  return target;
}

absl::Status Target::TakeOver() {
  auto producer = log_.NewProducer(journal_, this);
  if (!producer.ok()) return producer.status();
  producer_ = *std::move(producer);
  auto subscription = log_.Subscribe(journal_, 0, this);
  if (!subscription.ok()) return subscription.status();
  subscription_ = *std::move(subscription);
  partition_.Assign();
  while (partition_.role() != partition::Partition::Role::kLeading) {
    if (absl::Status taken = Take(); !taken.ok()) return taken;
    if (partition_.AtEnd() && !partition_.books().BeingCopied()) {
      return absl::FailedPreconditionError(
          fmt::format("{} is not a journal that is being copied", journal_.ToString()));
    }
    partition_.Pump();  // Without a clock it does nothing else than to take over.
  }
  return absl::OkStatus();
}

absl::Status Target::Take() {
  std::vector<partition::RawRecord> records;
  std::optional<int64_t> end;
  {
    std::unique_lock lock(mutex_);
    const bool any = delivered_.wait_for(lock, kLandingPatience, [this] {
      return !records_.empty() || end_offset_.has_value() || !lost_.ok();
    });
    if (!any) {
      return absl::UnavailableError(fmt::format("{} does not take what is written", journal_.ToString()));
    }
    if (!lost_.ok()) return lost_;
    records = std::exchange(records_, {});
    end = std::exchange(end_offset_, std::nullopt);
  }
  partition_.OnRecords(records);
  if (end) partition_.OnEnd(*end);
  return failed_;
}

absl::Status Target::Flush() {
  while (partition_.in_flight() > 0) {
    if (absl::Status taken = Take(); !taken.ok()) return taken;
  }
  return failed_;
}

absl::StatusOr<uint64_t> Target::Write(const journal::v1::Decision& decision,
                                       const std::vector<partition::EventPtr>& events) {
  auto height = partition_.Copy(decision, events);
  if (!absl::IsResourceExhausted(height.status()) && !absl::IsUnavailable(height.status())) return height;
  if (absl::Status flushed = Flush(); !flushed.ok()) return flushed;
  return partition_.Copy(decision, events);
}

journal::v1::Cursor Target::Ahead() const {
  // Nobody else writes, so each record takes the offset of its height; what is read back is held against that.
  partition::CursorRow row;
  const partition::Place& ahead = partition_.ahead();
  row.journal_id.assign(ahead.journal_id.begin(), ahead.journal_id.end());
  row.offset = static_cast<int64_t>(ahead.height);
  row.height = ahead.height;
  row.head = ahead.head;
  return partition::CursorMessage(journal_.topic, journal_.partition, row);
}

const partition::RequestRow* Target::Remembered(const journal::v1::Decision& command) const {
  const partition::Stamp stamp = partition::StampOf(command);
  return partition_.books().requests.Find(partition::KeyOf(stamp.actor, stamp.method, stamp.request_id));
}

bool Target::Produce(std::string record, const log::RecordHeaders& headers) {
  return producer_->Append(std::move(record), headers).ok();
}

void Target::Accepted(partition::AcceptedRecord record) {
  if (record.place.offset != static_cast<int64_t>(record.place.height)) {
    Fail(absl::FailedPreconditionError(fmt::format("{}: somebody else writes into it", journal_.ToString())));
  }
}

void Target::StoodDown() {
  Fail(absl::FailedPreconditionError(fmt::format("{}: another writer took over", journal_.ToString())));
}

void Target::Halted(const partition::Damage& damage) {
  Fail(absl::DataLossError(
      fmt::format("{} at offset {}: {}", journal_.ToString(), damage.offset, damage.why)));
}

void Target::Fail(absl::Status why) { failed_.Update(why); }

void Target::OnLost(const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  lost_.Update(
      absl::UnavailableError(fmt::format("{}: {}", journal_.ToString(), std::string(why.message()))));
  delivered_.notify_all();
}

void Target::OnRecords(absl::Span<const log::Record> records) {
  const std::lock_guard lock(mutex_);
  for (const log::Record& record : records) records_.push_back({record.offset, record.bytes});
  delivered_.notify_all();
}

void Target::OnEnd(int64_t end_offset) {
  const std::lock_guard lock(mutex_);
  end_offset_ = end_offset;
  delivered_.notify_all();
}

void Target::OnTrouble(const absl::Status& why) {
  if (absl::IsDataLoss(why)) OnLost(why);
}

}  // namespace sanyuan::reshard
