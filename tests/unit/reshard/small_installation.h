// Older journals of one context, written by hand, to be resharded or audited.
#ifndef SANYUAN_TESTS_UNIT_RESHARD_SMALL_INSTALLATION_H_
#define SANYUAN_TESTS_UNIT_RESHARD_SMALL_INSTALLATION_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/partition/bookkeeping.h"
#include "common/partition/content.h"
#include "common/partition/partitioner.h"
#include "common/reshard/survey.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "services/allocation/domain/allocation_domain.h"

namespace sanyuan::reshard {

constexpr char kTopic[] = "allocation.journal";
inline const absl::Time kBegin = absl::FromUnixSeconds(1'560'000'000);

class MemoryLog final : public log::LogReader {
 public:
  std::map<log::TopicPartition, std::vector<std::string>> journals;

  absl::StatusOr<std::optional<log::Record>> ReadAt(const log::TopicPartition& where,
                                                    int64_t offset) override {
    const auto records = ReadFrom(where, offset, 1);
    if (records->empty()) return std::optional<log::Record>();
    return records->front();
  }
  absl::StatusOr<std::vector<log::Record>> ReadFrom(const log::TopicPartition& where, int64_t offset,
                                                    size_t limit) override {
    std::vector<log::Record> found;
    const auto& records = journals[where];
    for (auto at = static_cast<size_t>(offset); at < records.size() && found.size() < limit; ++at) {
      found.push_back({static_cast<int64_t>(at), records[at]});
    }
    return found;
  }
  absl::StatusOr<int64_t> EndOffset(const log::TopicPartition& where) override {
    return static_cast<int64_t>(journals[where].size());
  }
  absl::StatusOr<std::vector<log::TopicPartition>> Partitions() override {
    std::vector<log::TopicPartition> all;
    for (const auto& [journal, records] : journals) all.push_back(journal);
    return all;
  }
};

// Writes one journal, which begins with a genesis.
class Writer {
 public:
  Writer(MemoryLog& log, int32_t partition, int32_t count, uint8_t number)
      : records_(log.journals[{kTopic, partition}]) {
    journal::v1::Genesis genesis;
    genesis.set_context("allocation");
    genesis.set_partition(partition);
    genesis.set_partition_count(count);
    place_.journal_id.fill(number);
    Append(partition::FrameKind::kGenesis, genesis.SerializeAsString());
  }

  // Gives its place.
  partition::Place Append(const journal::v1::Decision& decision) {
    return Append(partition::FrameKind::kDecision, decision.SerializeAsString());
  }
  const partition::Place& place() const { return place_; }

 private:
  partition::Place Append(partition::FrameKind kind, const std::string& payload) {
    partition::Frame frame;
    frame.kind = kind;
    frame.journal_id = place_.journal_id;
    frame.height = records_.size();
    frame.prev = place_.head;
    frame.payload = payload;
    records_.push_back(partition::Seal(frame));
    place_ = {frame.journal_id, 0, frame.height, frame.digest, static_cast<int64_t>(frame.height)};
    return place_;
  }

  std::vector<std::string>& records_;
  partition::Place place_;
};

inline host::ContextSpec AllocationAlone() {
  host::ContextSpec spec;
  spec.context = "allocation";
  spec.new_domain = [] { return std::make_unique<allocation::AllocationDomain>(nullptr); };
  return spec;
}

// A county of this partition, the `nth` from 0.
inline County CountyIn(int32_t partition, int32_t count, int nth = 0) {
  for (County county = 620121;; ++county) {
    if (partition::PartitionOf(county, count) == partition && nth-- == 0) return county;
  }
}

inline std::string Sku(const std::string& sku) {
  allocation::v1::Event event;
  event.mutable_skus_noted()->add_skus()->set_sku(sku);
  return event.SerializeAsString();
}
inline std::string Retailer(County county, const std::string& licence) {
  allocation::v1::Event event;
  auto* retailer = event.mutable_retailers_noted()->add_retailers();
  retailer->set_county_code(CountyText(county));
  retailer->set_licence(licence);
  retailer->set_active(true);
  return event.SerializeAsString();
}

inline journal::v1::Decision Noted(int second, const std::vector<std::string>& events) {
  journal::v1::Decision decision;
  decision.set_decided_at_us(absl::ToUnixMicros(kBegin + absl::Seconds(second)));
  decision.mutable_input();
  for (const std::string& event : events) decision.add_events(event);
  return decision;
}
// Of a request with this number, sent at `second`.
inline journal::v1::Decision Command(int second, uint8_t number, const std::string& content,
                                     const std::vector<std::string>& events) {
  journal::v1::Decision decision = Noted(second, events);
  journal::v1::CommandCause& command = *decision.mutable_command();
  command.set_actor_id("A1");
  command.set_method("sanyuan.Test/Do");
  command.set_content(content);
  command.set_received_at_us(decision.decided_at_us());
  std::string id(16, static_cast<char>(number));
  const int64_t millis = absl::ToUnixMillis(kBegin);
  for (int i = 0; i < 6; ++i) id[static_cast<size_t>(i)] = static_cast<char>(millis >> (8 * (5 - i)));
  command.set_request_id(id);
  decision.set_response(content);
  if (events.empty()) decision.add_refusals()->set_detail("refused");
  return decision;
}
inline partition::RequestKey RequestOf(const journal::v1::Decision& command) {
  const partition::Stamp stamp = partition::StampOf(command);
  return partition::KeyOf(stamp.actor, stamp.method, stamp.request_id);
}
inline journal::v1::Decision FormatRaised() {
  journal::v1::Decision decision;
  decision.set_decided_at_us(absl::ToUnixMicros(kBegin));
  decision.mutable_format_raised()->set_format(partition::kNewestFormat);
  return decision;
}

}  // namespace sanyuan::reshard

#endif  // SANYUAN_TESTS_UNIT_RESHARD_SMALL_INSTALLATION_H_
