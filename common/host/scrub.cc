#include "common/host/scrub.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>

namespace sanyuan::host {
namespace {

constexpr size_t kPiece = 256;
constexpr int64_t kShare = 20;
// Between two looks for what others have found, during a pause.
constexpr absl::Duration kDoubtLook = absl::Milliseconds(200);

HostStatus StatusOf(PartitionHost& host) {
  std::promise<HostStatus> status;
  host.Probe([&status](HostStatus now) { status.set_value(std::move(now)); });
  return status.get_future().get();
}

}  // namespace

Scrub::Scrub(log::Log& log, HostGroup& hosts, absl::Duration pause)
    : log_(log), hosts_(hosts), pause_(pause), thread_([this] { Run(); }) {}

Scrub::~Scrub() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Scrub::Pause(absl::Duration worked) {
  const absl::Time end = SteadyNow() + std::max(pause_, worked * (kShare - 1));
  while (true) {
    ReadDoubted();
    const absl::Duration left = end - SteadyNow();
    if (left <= absl::ZeroDuration()) return true;
    std::unique_lock lock(mutex_);
    const auto slice = absl::ToChronoMicroseconds(std::min(left, kDoubtLook));
    if (wake_.wait_for(lock, slice, [this] { return stop_; })) return false;
  }
}

void Scrub::Run() {
  while (Pause(absl::ZeroDuration())) {
    bool whole = true;
    for (const auto& host : hosts_.hosts()) {
      {
        const std::lock_guard lock(mutex_);
        if (stop_) return;
      }
      whole = ReadJournal(*host, /*hurry=*/false) && whole;
    }
    if (whole) ++rounds_;
  }
}

void Scrub::ReadDoubted() {
  for (const auto& host : hosts_.hosts()) {
    if (host->TakeDoubt()) ReadJournal(*host, /*hurry=*/true);
  }
}

bool Scrub::ReadJournal(PartitionHost& host, bool hurry) {
  // Only what was accepted when we begin: what comes later, the partition itself has just read.
  const HostStatus status = StatusOf(host);
  if (!status.place || status.damage) return true;
  partition::JournalReader reader(StrictnessOf(log_));
  std::optional<Digest> head;  // At the height that the partition has reached: it may be another history's.
  int64_t offset = 0;
  while (offset <= status.place->offset) {
    const auto begun = std::chrono::steady_clock::now();
    const auto records = log_.ReadFrom(host.journal(), offset, kPiece);
    if (absl::IsDataLoss(records.status())) {
      spdlog::critical("{}: the scrub can't read offset {}: {}", host.journal().ToString(), offset,
                       std::string(records.status().message()));
      host.RestartFromGenesis();
      return true;
    }
    if (!records.ok()) {
      spdlog::warn("{}: the scrub got no further than offset {}: {}", host.journal().ToString(), offset,
                   std::string(records.status().message()));
      return false;
    }
    if (records->empty()) break;
    for (const log::Record& record : *records) {
      offset = record.offset + 1;
      const auto read = reader.Read(record.offset, record.bytes);
      if (reader.place() && reader.place()->height == status.place->height) head = reader.place()->head;
      if (read.kind == partition::ReadResult::Kind::kReleased) {
        offset = read.resume_offset;
        break;
      }
    }
    if (!hurry && !Pause(absl::FromChrono(std::chrono::steady_clock::now() - begun))) return false;
  }
  if (reader.damage()) {
    spdlog::critical("{}: the scrub found damage at offset {}: {}", host.journal().ToString(),
                     reader.damage()->offset, reader.damage()->why);
    host.RestartFromGenesis();
    return true;
  }
  if (head == status.place->head) return true;
  if (!head) {
    // A broker may know an older end for a moment: whether the record is gone is asked for by itself.
    const auto record = log_.ReadAt(host.journal(), status.place->offset);
    if (!record.ok() || *record) return record.ok();
  }
  // Read from its beginning it would look sound: only who has seen more can tell.
  host.HaltAt(status.place->offset, head ? "the journal is not the one that was read"
                                         : "the journal ends before what was read of it");
  return true;
}

}  // namespace sanyuan::host
