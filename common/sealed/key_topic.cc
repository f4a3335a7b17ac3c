#include "common/sealed/key_topic.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

// Rows that are under way at once when many are written.
constexpr size_t kPiece = 1'000;
constexpr absl::Duration kLongestWait = absl::Hours(1);

}  // namespace

absl::StatusOr<std::unique_ptr<KeyTopic>> KeyTopic::Open(const OpenKeyTable& open, absl::Duration patience) {
  std::unique_ptr<KeyTopic> topic(new KeyTopic(patience));
  auto table = open(topic.get());
  if (!table.ok()) return table.status();
  topic->table_ = *std::move(table);
  Lock lock(topic->mutex_);
  while (!topic->caught_up_ && topic->broken_.ok()) {
    const uint64_t read = topic->rows_read_;
    topic->Wait(lock, absl::Now() + patience,
                [&] { return topic->caught_up_ || !topic->broken_.ok() || topic->rows_read_ != read; });
    if (topic->caught_up_ || topic->rows_read_ != read) continue;
    lock.unlock();  // For the callbacks that its end waits for.
    return absl::UnavailableError(fmt::format("{}: no row came in time", kKeysTopic));
  }
  const absl::Status broken = topic->broken_;
  lock.unlock();
  if (!broken.ok()) return broken;
  return topic;
}

KeyTopic::~KeyTopic() { table_.reset(); }

std::chrono::nanoseconds KeyTopic::Until(absl::Time deadline) {
  return absl::ToChronoNanoseconds(std::min(deadline - absl::Now(), kLongestWait));
}

void KeyTopic::OnRow(const log::KafkaTable::Row& row) {
  const KeyRow read{row.key, row.value};
  const std::lock_guard lock(mutex_);
  ++rows_read_;
  if (absl::Status applied = rows_.Apply(read); !applied.ok() && broken_.ok()) {
    spdlog::critical("{}", std::string(applied.message()));
    broken_ = applied;
  }
  const auto [begin, end] = under_way_.equal_range(read.key);
  for (auto it = begin; it != end;) {
    const std::shared_ptr<Landing> landing = (it++)->second;
    if (landing->row != read) continue;
    landing->read = true;
    Settle(landing);
  }
  changed_.notify_all();
}

void KeyTopic::OnCaughtUp() {
  const std::lock_guard lock(mutex_);
  caught_up_ = true;
  changed_.notify_all();
}

void KeyTopic::OnDone(const std::shared_ptr<Landing>& landing, const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  landing->confirmed = status.ok();
  landing->failed = status;
  Settle(landing);
  changed_.notify_all();
}

void KeyTopic::Settle(const std::shared_ptr<Landing>& landing) {
  if (!landing->settled()) return;
  const auto [begin, end] = under_way_.equal_range(landing->row.key);
  const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == landing; });
  if (found != end) under_way_.erase(found);
}

absl::StatusOr<std::vector<KeyTopic::LandingPtr>> KeyTopic::Begin(const std::vector<KeyRow>& rows) {
  const absl::Time now = absl::Now();
  // What was confirmed and never came back was compacted away before it was read: this process slept for very long.
  std::erase_if(under_way_, [&](const auto& entry) {
    return entry.second->confirmed && now - entry.second->since > kLongestWait;
  });
  for (const auto& [key, landing] : under_way_) {
    if (now - landing->since > patience_) {
      return absl::UnavailableError(fmt::format("{}: the brokers take no rows", kKeysTopic));
    }
  }
  std::vector<LandingPtr> landings;
  for (const KeyRow& row : rows) {
    auto landing = std::make_shared<Landing>(row, now);
    const auto entry = under_way_.emplace(row.key, landing);
    absl::Status put = table_->Put(kKeysTopic, 0, row.key, row.value,
                                   [this, landing](const absl::Status& status) { OnDone(landing, status); });
    if (!put.ok()) {
      under_way_.erase(entry);
      return absl::UnavailableError(put.message());
    }
    landings.push_back(std::move(landing));
  }
  return landings;
}

absl::Status KeyTopic::Await(Lock& lock, const std::vector<LandingPtr>& landings) {
  size_t landed = 0;  // Those before it have.
  absl::Status failed;
  const auto settled = [&] {
    while (landed < landings.size() && landings[landed]->settled()) {
      failed = landings[landed]->failed;
      if (!failed.ok()) return true;
      ++landed;
    }
    return landed == landings.size();
  };
  Wait(lock, absl::Now() + patience_, [&] { return stopped_ || settled(); });
  if (!settled()) return absl::UnavailableError(fmt::format("{}: no answer in time", kKeysTopic));
  return failed.ok() ? failed : absl::UnavailableError(failed.message());
}

absl::Status KeyTopic::Write(Lock& lock, const std::vector<KeyRow>& rows) {
  for (size_t done = 0; done < rows.size(); done += kPiece) {
    const auto first = rows.begin() + static_cast<ptrdiff_t>(done);
    const auto last = rows.begin() + static_cast<ptrdiff_t>(std::min(done + kPiece, rows.size()));
    const auto landings = Begin(std::vector<KeyRow>(first, last));
    if (!landings.ok()) return landings.status();
    if (absl::Status landed = Await(lock, *landings); !landed.ok()) return landed;
  }
  return absl::OkStatus();
}

absl::Status KeyTopic::ReadOn(Lock& lock) { return Write(lock, {BarrierRow(RandomBytes(kKeyIdBytes))}); }

void KeyTopic::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace sanyuan::sealed
