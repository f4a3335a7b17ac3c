#include "common/host/partition_host.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <utility>

#include "absl/time/clock.h"
#include "common/host/incarnation.h"

namespace sanyuan::host {
namespace {

using partition::Partition;

// Before a writer that another one has put in its place takes over again, twice as long each time without a decision of
// its own: two that both believe that they should write must not fill the journal with their take-overs.
constexpr absl::Duration kRetakeWait = absl::Seconds(1);
constexpr absl::Duration kLongestRetakeWait = absl::Seconds(30);
// Before what the log has refused is tried again: a new producer, a subscription.
constexpr absl::Duration kTryAgainPause = absl::Milliseconds(500);
// Encoding a snapshot may take this share of the time: the next one comes twenty times as long after it.
constexpr int64_t kSnapshotShare = 20;
constexpr absl::Duration kSnapshotPause = absl::Seconds(5);

}  // namespace

PartitionHost::PartitionHost(const ContextSpec& spec, int32_t partition, const HostServices& services)
    : spec_(spec),
      services_(services),
      journal_{spec.topic(), partition},
      strand_(services.deciding->NewStrand()) {
  OpenWorkLog();
  if (spec_.projection != nullptr) {
    projector_ = std::make_unique<Projector>(view::ViewName{spec_.context, partition}, *services_.views,
                                             *spec_.projection, services_.blocking->NewStrand(),
                                             [this] { BuildViewAnew(); });
  }
  if (services.ownership != nullptr) {
    NewCandidate();
    if (projector_ && services.views->shared()) projector_->StandBy(true);
  }
  if (spec_.shown_in_feeds) {
    Tail::Source source;
    source.journal = journal_;
    source.read = [log = services_.log](const log::TopicPartition& journal, int64_t offset, size_t limit) {
      return log->ReadFrom(journal, offset, limit);
    };
    source.new_event =
        [prototype = std::shared_ptr<const google::protobuf::Message>(spec_.new_domain()->NewEvent())] {
          return partition::EventPtr(prototype->New());
        };
    source.shown = spec_.shown_in_feeds;
    source.strictness = StrictnessOf(*services_.log);
    tail_ = std::make_unique<Tail>(std::move(source), services_.reading->NewStrand());
  }
  if (services_.observe) {
    observer_ = services_.observe(spec_, journal_,
                                  [log = services_.log, recent = services_.recent](
                                      const log::TopicPartition& journal, int64_t offset,
                                      size_t limit) -> absl::StatusOr<std::vector<log::Record>> {
                                    if (auto piece = recent->From(journal, offset, limit))
                                      return std::move(piece->records);
                                    return log->ReadFrom(journal, offset, limit);
                                  });
  }
}

PartitionHost::~PartitionHost() = default;

void PartitionHost::OpenWorkLog() {
  if (services_.works == nullptr) return;
  auto opened = services_.works->Open(journal_);
  if (!opened.ok()) {
    return spdlog::error("{}: what a process dies of will not be known: {}", journal_.ToString(),
                         std::string(opened.status().message()));
  }
  work_log_ = *std::move(opened);
  if (const auto& found = work_log_->found()) {
    spdlog::error("{}: the last process died with {} in work, as {} did", journal_.ToString(),
                  partition::Text(*found), work_log_->Deaths(*found));
  }
}

void PartitionHost::Do(std::function<void(Partition&)> what) {
  strand_->Post([this, what = std::move(what)] {
    if (!partition_) return;
    what(*partition_);
    Pump();
  });
}

void PartitionHost::Pump() {
  if (pump_posted_ || !partition_) return;
  const bool more = partition_->Pump();
  NoteRole();
  if (candidate_ && candidate_->Moving() && SignsNow() != signs_) {
    signs_ = SignsNow();
    strand_->Post([this] { StepCandidate(); });
  }
  if (!more) return;
  pump_posted_ = true;
  strand_->Post([this] {
    pump_posted_ = false;
    Pump();
  });
}

void PartitionHost::NewPartition() {
  partition::PartitionOptions options;
  options.context = spec_.context;
  options.partition = journal_.partition;
  options.inputs = spec_.inputs;
  options.incarnation = NewIncarnation();
  options.strictness = StrictnessOf(*services_.log);
  options.guard_clock = !services_.simulated_clock;
  partition_.reset();
  domain_ = spec_.new_domain();
  partition::Effects& effects = *this;
  partition_ = std::make_unique<Partition>(std::move(options), *domain_, effects);
  partition_->DistrustClock(clock_trouble_);
  if (now_ != absl::InfinitePast()) partition_->OnTime(now_);
  if (paused_) partition_->Pause(true);
  projecting_ = false;
  if (tail_) tail_->Restarted();
  if (observer_ != nullptr) observer_->Restarted();
}

absl::StatusOr<bool> PartitionHost::RestoreSnapshot() {
  const std::optional<StoredSnapshot> stored = services_.snapshots->Load(journal_);
  if (!stored) return false;
  const auto record = services_.log->ReadAt(journal_, stored->place.offset);
  const auto next = services_.log->ReadAt(journal_, stored->next_offset);
  // Not known is not gone.
  for (const absl::Status& read : {record.status(), next.status()}) {
    if (!read.ok() && !absl::IsDataLoss(read)) return read;
  }
  absl::Status restored = absl::DataLossError("the journal does not hold its record");
  if (record.ok() && next.ok() && *record && *next) {
    restored = partition_->Restore(stored->place, (*record)->bytes, (*next)->bytes, stored->rows);
  }
  if (restored.ok()) return true;
  spdlog::warn("{}: the snapshot is not used: {}", journal_.ToString(), std::string(restored.message()));
  services_.snapshots->Delete(journal_);
  NewPartition();
  return false;
}

std::future<absl::Status> PartitionHost::Start() {
  auto started = std::make_shared<std::promise<absl::Status>>();
  strand_->Post([this, started] { started->set_value(StartOnStrand()); });
  return started->get_future();
}

absl::Status PartitionHost::StartOnStrand() {
  auto producer = services_.log->NewProducer(journal_, this);
  if (!producer.ok()) return producer.status();
  producer_ = *std::move(producer);
  NewPartition();
  int64_t from = 0;
  const auto snapshot = RestoreSnapshot();
  if (!snapshot.ok()) return snapshot.status();
  if (*snapshot) {
    NoteOrigins();
    from = partition_->reader().place()->offset + 1;
    if (projector_) projector_->Begin(*partition_->reader().place(), domain_->store().AcceptedRows());
    projecting_ = true;
    if (tail_) tail_->Reached(*partition_->reader().place());
    if (observer_ != nullptr) observer_->Reached(*partition_->reader().place());
  }
  if (!candidate_) partition_->Assign();
  return Subscribe(from);
}

void PartitionHost::NoteOrigins() {
  const std::lock_guard lock(mutex_);
  partition_->books().origins.ForEach(
      [this](const partition::OriginKey& key, const partition::OriginRow& row) {
        older_[key.journal_id] = row.height;
      });
}

bool PartitionHost::IsOlder(const std::string& journal_id, uint64_t height) const {
  const std::lock_guard lock(mutex_);
  const auto found = older_.find(journal_id);
  return found != older_.end() && height <= found->second;
}

absl::Status PartitionHost::Subscribe(int64_t offset) {
  subscription_.reset();
  ++generation_;
  read_to_ = offset;
  auto subscription = services_.log->Subscribe(journal_, offset, this);
  if (!subscription.ok()) return subscription.status();
  subscription_ = *std::move(subscription);
  return absl::OkStatus();
}

void PartitionHost::Resubscribe(int64_t offset) {
  if (stopped_ || !partition_) return;
  const absl::Status subscribed = Subscribe(offset);
  if (subscribed.ok()) return;
  spdlog::error("{}: tried again: {}", journal_.ToString(), std::string(subscribed.message()));
  strand_->PostAfter(kTryAgainPause, [this, offset, generation = generation_.load()] {
    if (generation == generation_) Resubscribe(offset);
  });
}

void PartitionHost::Stop() {
  stopping_ = true;
  std::promise<void> stopped;
  strand_->Post([&] {
    stopped_ = true;
    if (tail_) tail_->Halted("it stops");
    if (observer_ != nullptr) observer_->Leads(false);
    if (partition_) partition_->Unassign();
    SayLeft();
    subscription_.reset();
    producer_.reset();
    GiveUpWaiting();
    stopped.set_value();
  });
  stopped.get_future().wait();
}

void PartitionHost::RestartFromGenesis() {
  strand_->Post([this] {
    if (stopped_) return;
    services_.snapshots->Delete(journal_);
    services_.recent->Forget(journal_);
    subscription_.reset();
    partition_.reset();
    GiveUpWaiting();
    RestartOnStrand();
  });
}

void PartitionHost::HaltAt(int64_t offset, std::string why) {
  Do([offset, why = std::move(why)](Partition& p) { p.HaltAt(offset, why, {}); });
}

void PartitionHost::RestartOnStrand() {
  if (stopped_) return;
  const absl::Status started = StartOnStrand();
  if (started.ok()) return;
  spdlog::error("{}: tried again: {}", journal_.ToString(), std::string(started.message()));
  partition_.reset();
  strand_->PostAfter(kTryAgainPause, [this] { RestartOnStrand(); });
}

void PartitionHost::Submit(partition::Command command, std::string content,
                           std::vector<partition::Dependency> after, ReplyFn reply,
                           log::RecordHeaders headers, CommandTimes* times) {
  auto pending = std::make_shared<partition::PendingCommand>();
  pending->command = std::move(command);
  pending->content = std::move(content);
  pending->after = std::move(after);
  pending->headers = std::move(headers);
  Waiting waiting{std::move(reply), {absl::Now()}, times};
  strand_->Post([this, pending, waiting = std::move(waiting)]() mutable {
    if (!partition_ || stopped_) return Finish(std::move(waiting), {});
    pending->call = ++next_call_;
    replies_.emplace(pending->call, std::move(waiting));
    partition_->OnCommand(std::move(*pending));
    Pump();
  });
}

void PartitionHost::OnTime(absl::Time now, const std::string& clock_trouble) {
  strand_->Post([this, now, clock_trouble] {
    clock_trouble_ = clock_trouble;
    if (clock_trouble_.empty()) now_ = now;
    if (!partition_) return;
    partition_->DistrustClock(clock_trouble_);
    if (clock_trouble_.empty()) partition_->OnTime(now);
    Pump();
  });
}

void PartitionHost::OnInputGrown(const std::string& topic) {
  Do([topic](Partition& p) { p.OnInputGrown(topic); });
}

void PartitionHost::BuildViewAnew() {
  // Another instance writes it.
  if (services_.ownership != nullptr && services_.views->shared() && !leading_) return;
  Do([this](Partition& p) {
    if (projector_ && p.reader().place()) {
      projector_->Begin(*p.reader().place(), domain_->store().AcceptedRows());
    }
  });
}

void PartitionHost::CheckHead() {
  Do([this](Partition& p) {
    p.CheckHead();
    if (candidate_ || strand_->Now() < retake_at_) return;
    retake_at_ = absl::InfiniteFuture();
    p.Assign();
  });
}

bool PartitionHost::Produce(std::string record, const log::RecordHeaders& headers) {
  return producer_ && !stopped_ && producer_->Append(std::move(record), headers).ok();
}

void PartitionHost::Written(uint64_t call) {
  const auto it = replies_.find(call);
  if (it == replies_.end()) return;
  it->second.times.deciding = trying_since_;
  it->second.times.written = absl::Now();
}

void PartitionHost::Reply(uint64_t call, partition::Answer answer) {
  const auto it = replies_.find(call);
  if (it == replies_.end()) return;
  Waiting waiting = std::move(it->second);
  replies_.erase(it);
  Finish(std::move(waiting), std::move(answer));
}

void PartitionHost::Finish(Waiting waiting, partition::Answer answer) {
  waiting.times.answered = absl::Now();
  measures_.Answered(answer, waiting.times);
  if (waiting.told != nullptr) *waiting.told = waiting.times;
  waiting.reply(std::move(answer));
}

void PartitionHost::GiveUpWaiting() {
  for (auto& [call, waiting] : std::exchange(replies_, {})) Finish(std::move(waiting), {});
}

void PartitionHost::Accepted(partition::AcceptedRecord record) {
  if (record.kind == partition::FrameKind::kDecision && partition_->role() == Partition::Role::kLeading) {
    retake_wait_ = kRetakeWait;
    decided_ = true;
  }
  // Another's ends our own attempt before it is told.
  if (record.kind == partition::FrameKind::kTakeOver && partition_->role() == Partition::Role::kTakingOver) {
    measures_.TookOver();
  }
  if (record.kind == partition::FrameKind::kGenesis) NoteOrigins();
  if (candidate_) {
    if (record.kind == partition::FrameKind::kRelease) candidate_->OnReleased();
    HaltIfDiffers(candidate_->OnAccepted(record.place));
  }
  if (tail_) tail_->Reached(record.place);
  if (observer_ != nullptr) observer_->Reached(record.place);
  if (!projector_) return;
  if (!std::exchange(projecting_, true)) projector_->Begin(record.place, {});
  projector_->Accepted(std::move(record));
}

bool PartitionHost::WantsSnapshot() {
  return !snapshot_running_ && absl::GetCurrentTimeNanos() >= next_snapshot_ns_;
}

void PartitionHost::SnapshotReady(partition::SnapshotPoint point) {
  if (snapshot_running_.exchange(true)) return;
  auto shared = std::make_shared<partition::SnapshotPoint>(std::move(point));
  services_.blocking->Post([this, shared] {
    const int64_t begun = absl::GetCurrentTimeNanos();
    const absl::Status saved =
        services_.snapshots->Save(journal_, {shared->place, shared->next.offset, shared->snapshot.Encode()});
    if (!saved.ok()) spdlog::warn("{}: {}", journal_.ToString(), std::string(saved.message()));
    const int64_t ended = absl::GetCurrentTimeNanos();
    next_snapshot_ns_ =
        ended + std::max((ended - begun) * kSnapshotShare, absl::ToInt64Nanoseconds(kSnapshotPause));
    snapshot_running_ = false;
  });
}

void PartitionHost::Trying(const partition::Work& work) {
  if (work.kind == partition::Work::Kind::kCommand) trying_since_ = absl::Now();
  if (work_log_) work_log_->Trying(work);
}

void PartitionHost::Survived() {
  if (work_log_) work_log_->Survived();
}

void PartitionHost::Forgiven(const partition::Work& work) {
  if (work_log_) work_log_->Forgive(work);
}

int PartitionHost::Deaths(const partition::Work& work) { return work_log_ ? work_log_->Deaths(work) : 0; }

void PartitionHost::Held(const std::string& why) {
  spdlog::critical("{}: held, for reads only: {}", journal_.ToString(), why);
}

void PartitionHost::StoodDown() {
  if (candidate_) {
    candidate_->OnStoodDown(SteadyNow());
    return spdlog::info("{}: another instance took over", journal_.ToString());
  }
  const absl::Duration wait = std::exchange(retake_wait_, std::min(retake_wait_ * 2, kLongestRetakeWait));
  spdlog::warn("{}: another writer took over; this one tries again in {}", journal_.ToString(),
               absl::FormatDuration(wait));
  retake_at_ = strand_->Now() + wait;
}

void PartitionHost::Halted(const partition::Damage& damage) {
  spdlog::critical("{}: halted at offset {}: {}", journal_.ToString(), damage.offset, damage.why);
  const std::string why = fmt::format("halted at offset {}: {}", damage.offset, damage.why);
  if (tail_) tail_->Halted(why);
  if (observer_ != nullptr) observer_->Halted(why);
}

void PartitionHost::InputHalted(const std::string& topic, const partition::Damage& damage) {
  spdlog::critical("{}: input {} is read no further than offset {}: {}", journal_.ToString(), topic,
                   damage.offset, damage.why);
}

void PartitionHost::OnStalled(const absl::Status& why) {
  if (!why.ok())
    spdlog::error("{}: the log takes no records: {}", journal_.ToString(), std::string(why.message()));
  Do([stalled = !why.ok()](Partition& p) { p.OnStalled(stalled); });
}

void PartitionHost::OnLost(const absl::Status& why) {
  spdlog::error("{}: the producer is lost: {}", journal_.ToString(), std::string(why.message()));
  Do([this](Partition& p) {
    if (stopped_) return;
    producer_.reset();
    p.OnProducerLost();
    p.OnDoubt();
    RenewProducer();
  });
}

void PartitionHost::RenewProducer() {
  if (stopped_ || !partition_ || producer_) return;
  auto producer = services_.log->NewProducer(journal_, this);
  if (!producer.ok()) {
    spdlog::error("{}: tried again: {}", journal_.ToString(), std::string(producer.status().message()));
    return strand_->PostAfter(kTryAgainPause, [this] { RenewProducer(); });
  }
  producer_ = *std::move(producer);
  // Whatever the old one waited for: the new one says so itself.
  partition_->OnStalled(false);
  Pump();
}

}  // namespace sanyuan::host
