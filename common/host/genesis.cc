#include "common/host/genesis.h"

#include <fmt/format.h>

#include <memory>
#include <random>
#include <utility>

#include "absl/time/clock.h"
#include "common/partition/frame.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::host {
namespace {

constexpr absl::Duration kLandingPause = absl::Milliseconds(1);
constexpr absl::Duration kLandingPatience = absl::Seconds(30);

// The producer of the genesis records: they are read back, so that nothing else needs to be told.
class Silent final : public log::ProducerListener {
  void OnStalled(const absl::Status&) override {}
  void OnLost(const absl::Status&) override {}
};

std::string NewGenesis(const JournalOf& of, const Generations& copied_from) {
  journal::v1::Genesis genesis;
  genesis.set_context(of.spec->context);
  genesis.set_partition(of.journal.partition);
  genesis.set_partition_count(of.partition_count);
  for (const std::string& input : of.spec->inputs) genesis.add_inputs(input);
  if (!copied_from.empty()) {
    *genesis.mutable_copied_from() = copied_from.front().ends();
    genesis.mutable_before()->Assign(copied_from.begin() + 1, copied_from.end());
  }
  const std::string payload = genesis.SerializeAsString();
  partition::Frame frame;
  frame.kind = partition::FrameKind::kGenesis;
  std::random_device random;
  for (uint8_t& byte : frame.journal_id) byte = static_cast<uint8_t>(random());
  frame.payload = payload;
  return Seal(frame);
}

// Parses the record as a genesis; its journal's id goes to `id`.
absl::StatusOr<journal::v1::Genesis> ParseGenesis(const log::TopicPartition& journal, std::string_view record,
                                                  std::string& id) {
  partition::Frame frame;
  journal::v1::Genesis genesis;
  if (partition::Parse(record, frame) != partition::FrameError::kNone ||
      frame.kind != partition::FrameKind::kGenesis ||
      !genesis.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size()))) {
    return absl::DataLossError(fmt::format("{} does not begin with a genesis", journal.ToString()));
  }
  id.assign(frame.journal_id.begin(), frame.journal_id.end());
  return genesis;
}

absl::StatusOr<std::string> ReadJournalId(const JournalOf& of, log::LogReader& log) {
  const auto record = log.ReadAt(of.journal, 0);
  if (!record.ok()) return record.status();
  if (!*record) return absl::NotFoundError(fmt::format("{} is empty", of.journal.ToString()));
  std::string id;
  const auto genesis = ParseGenesis(of.journal, (*record)->bytes, id);
  if (!genesis.ok()) return genesis.status();
  if (genesis->context() != of.spec->context || genesis->partition() != of.journal.partition ||
      genesis->partition_count() != of.partition_count) {
    return absl::DataLossError(fmt::format("{} was made for partition {} of {} of {}", of.journal.ToString(),
                                           genesis->partition(), genesis->partition_count(),
                                           genesis->context()));
  }
  return id;
}

}  // namespace

Generations GenerationsOf(const journal::v1::Genesis& genesis) {
  if (genesis.copied_from().empty()) return {};
  Generations generations(1);
  *generations.front().mutable_ends() = genesis.copied_from();
  generations.insert(generations.end(), genesis.before().begin(), genesis.before().end());
  return generations;
}

std::vector<JournalOf> JournalsOf(const std::vector<ContextSpec>& specs, int32_t partitions) {
  std::vector<JournalOf> journals;
  for (const ContextSpec& spec : specs) {
    const int32_t count = spec.single_partition ? 1 : partitions;
    for (int32_t partition = 0; partition < count; ++partition) {
      journals.push_back({&spec, {spec.topic(), partition}, count});
    }
  }
  return journals;
}

absl::StatusOr<JournalIds> CreateJournals(const std::vector<ContextSpec>& specs, int32_t partitions,
                                          log::Log& log, const Generations& copied_from) {
  Silent silent;
  const std::vector<JournalOf> journals = JournalsOf(specs, partitions);
  std::vector<std::unique_ptr<log::Producer>> producers;
  for (const JournalOf& of : journals) {
    const auto end = log.EndOffset(of.journal);
    if (!end.ok()) return end.status();
    if (*end > 0) continue;
    auto producer = log.NewProducer(of.journal, &silent);
    if (!producer.ok()) return producer.status();
    if (absl::Status appended = (*producer)->Append(NewGenesis(of, copied_from)); !appended.ok())
      return appended;
    producers.push_back(*std::move(producer));
  }
  const absl::Time deadline = absl::Now() + kLandingPatience;
  for (const JournalOf& of : journals) {
    while (true) {
      const auto end = log.EndOffset(of.journal);
      if (!end.ok()) return end.status();
      if (*end > 0) break;
      if (absl::Now() > deadline) {
        return absl::UnavailableError(fmt::format("{} does not take its genesis", of.journal.ToString()));
      }
      absl::SleepFor(kLandingPause);
    }
  }
  return ReadJournalIds(specs, partitions, log);
}

absl::StatusOr<journal::v1::Genesis> ReadGenesis(const ReadRecords& read,
                                                 const log::TopicPartition& journal) {
  const auto records = read(journal, 0, 1);
  if (!records.ok()) return records.status();
  if (records->empty()) return absl::NotFoundError(fmt::format("{} is empty", journal.ToString()));
  std::string id;
  return ParseGenesis(journal, records->front().bytes, id);
}

absl::StatusOr<JournalIds> ReadJournalIds(const std::vector<ContextSpec>& specs, int32_t partitions,
                                          log::LogReader& log) {
  JournalIds ids;
  for (const JournalOf& of : JournalsOf(specs, partitions)) {
    auto id = ReadJournalId(of, log);
    if (!id.ok()) return id.status();
    ids[of.journal] = *std::move(id);
  }
  return ids;
}

}  // namespace sanyuan::host
