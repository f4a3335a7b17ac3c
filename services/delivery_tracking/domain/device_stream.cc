#include "services/delivery_tracking/domain/device_stream.h"

#include <algorithm>

#include "common/digest/digest.h"
#include "services/delivery_tracking/domain/convert.h"

namespace sanyuan::delivery_tracking {
namespace {

constexpr uint64_t kBlockSize = 64;
constexpr absl::Duration kContentKept = absl::Hours(24 * 60);

HashBlockKey BlockOf(County county, const Stream& stream, uint64_t sequence) {
  return {county, stream, sequence / kBlockSize};
}

// The stream's oldest blocks, when nothing was put into them for long. A few at a time, so that no upload
// pays for all.
void DropOldBlocks(Draft& draft, County county, const Stream& stream, absl::Time now) {
  std::vector<HashBlockKey> old;
  draft.hashes.ForEachFrom({county, stream, 0}, [&](const HashBlockKey& key, const HashBlock& block) {
    if (key.county != county || key.stream != stream || block.touched + kContentKept > now) return false;
    old.push_back(key);
    return old.size() < 4;
  });
  for (const HashBlockKey& key : old) draft.hashes.Erase(key);
}

}  // namespace

bool Contains(const Ranges& ranges, uint64_t sequence) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), sequence,
                                      [](uint64_t value, const auto& range) { return value < range.first; });
  return after != ranges.begin() && sequence <= std::prev(after)->second;
}

void Insert(Ranges& ranges, uint64_t sequence) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), sequence,
                                      [](uint64_t value, const auto& range) { return value < range.first; });
  const bool joins_before = after != ranges.begin() && std::prev(after)->second + 1 == sequence;
  const bool joins_after = after != ranges.end() && sequence + 1 == after->first;
  if (joins_before && joins_after) {
    std::prev(after)->second = after->second;
    ranges.erase(after);
  } else if (joins_before) {
    std::prev(after)->second = sequence;
  } else if (joins_after) {
    after->first = sequence;
  } else {
    ranges.insert(after, {sequence, sequence});
  }
}

bool HasAllUpTo(const Ranges& ranges, uint64_t sequence) {
  return !ranges.empty() && ranges.front().first == 1 && ranges.front().second >= sequence;
}

uint64_t ContentHash(const v1::DeviceEvent& event) {
  const Digest digest = Sha256(event.SerializeAsString());
  uint64_t hash = 0;
  for (size_t i = 0; i < sizeof(hash); ++i) hash = (hash << 8) | digest.bytes[i];
  // 0 stands for "not taken".
  return hash == 0 ? 1 : hash;
}

uint64_t TakenContent(const Draft& draft, County county, const Stream& stream, uint64_t sequence) {
  const HashBlock* block = draft.hashes.Find(BlockOf(county, stream, sequence));
  return block ? block->hashes[sequence % kBlockSize] : 0;
}

int64_t SinceBootMicros(const v1::DeviceClock& clock) {
  return clock.since_boot().seconds() * 1'000'000 + clock.since_boot().nanos() / 1000;
}

Moment MomentOf(const Draft& draft, County county, const Stream& stream, const v1::DeviceClock& clock,
                absl::Time received_at, int32_t tolerance_seconds) {
  Moment moment;
  moment.device_time = FromProto(clock.device_time());
  moment.received_at = received_at;
  moment.status = v1::CLOCK_STATUS_UNVERIFIED;
  const BootRow* boot = draft.boots.Find({county, stream, clock.boot_id()});
  if (!boot) return moment;
  const absl::Time corrected = boot->booted_at + absl::Microseconds(SinceBootMicros(clock));
  // Nothing can be reported before it happened: the counter of this start can't be trusted.
  if (corrected > received_at) return moment;
  moment.corrected = corrected;
  const absl::Duration off = absl::AbsDuration(moment.device_time - corrected);
  moment.status =
      off <= absl::Seconds(tolerance_seconds) ? v1::CLOCK_STATUS_SYNCED : v1::CLOCK_STATUS_OFFSET_KNOWN;
  return moment;
}

absl::Status Fold(Draft& draft, const v1::DeviceEventsTaken& event, const Stamp& stamp) {
  const auto county = CountyOfId(event.county_code());
  if (!county || event.sequences_size() != event.content_hashes_size()) return CantFold("DeviceEventsTaken");
  const Stream stream{event.device_key(), event.installation_id()};
  StreamRow& row = draft.streams.Mutate({*county, stream});
  for (int i = 0; i < event.sequences_size(); ++i) {
    const uint64_t sequence = event.sequences(i);
    if (Contains(row.ranges, sequence)) return CantFold("DeviceEventsTaken: a number twice");
    Insert(row.ranges, sequence);
    HashBlock& block = draft.hashes.Mutate(BlockOf(*county, stream, sequence));
    block.hashes.resize(kBlockSize, 0);
    block.hashes[sequence % kBlockSize] = event.content_hashes(i);
    block.touched = stamp.received_at;
  }
  DropOldBlocks(draft, *county, stream, stamp.received_at);
  const absl::Time booted_at = stamp.received_at - absl::Microseconds(SinceBootMicros(event.sent()));
  const BootKey boot{*county, stream, event.sent().boot_id()};
  const BootRow* known = draft.boots.Find(boot);
  if (!known || booted_at < known->booted_at) draft.boots.Put(boot, {booted_at});
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::DeviceEventRejected& event) {
  const auto county = CountyOfId(event.county_code());
  const v1::RejectedDeviceEvent& rejected = event.rejected();
  if (!county || rejected.sequence() == 0) return CantFold("DeviceEventRejected");
  draft.rejected.Put({*county,
                      {rejected.device_key(), rejected.installation_id()},
                      rejected.sequence(),
                      event.content_hash()},
                     {rejected.SerializeAsString()});
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
