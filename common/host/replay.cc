#include "common/host/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/host/genesis.h"
#include "common/host/host_group.h"
#include "common/partition/reader_effects.h"

namespace sanyuan::host {
namespace {

constexpr size_t kChunk = 512;

}  // namespace

absl::StatusOr<Replayed> Replay(const ContextSpec& spec, int32_t partition, const ReadRecords& read,
                                partition::Strictness strictness, std::optional<int64_t> end,
                                const LookAtFolded& look) {
  Replayed result;
  result.journal = {spec.topic(), partition};
  const std::unique_ptr<partition::Domain> domain = spec.new_domain();
  partition::ReaderEffects effects;
  partition::PartitionOptions options;
  options.context = spec.context;
  options.partition = partition;
  options.inputs = spec.inputs;
  options.strictness = strictness;
  partition::Partition reader(std::move(options), *domain, effects);

  int64_t offset = 0;
  while (!end || offset < *end) {
    const size_t limit = end ? std::min<size_t>(kChunk, static_cast<size_t>(*end - offset)) : kChunk;
    const auto records = read(result.journal, offset, limit);
    if (!records.ok()) return records.status();
    if (records->empty()) break;
    std::vector<partition::RawRecord> raw;
    for (const log::Record& record : *records) raw.push_back({record.offset, record.bytes});
    offset = raw.back().offset + 1;
    reader.OnRecords(raw);
    if (effects.resume) offset = *std::exchange(effects.resume, std::nullopt);
  }
  reader.OnEnd(offset);

  result.place = reader.reader().place();
  result.damage = reader.reader().damage();
  result.decisions = effects.decisions;
  if (!result.place && !result.damage) {
    result.damage = partition::Damage{0, "the journal is empty", Digest{}};
  }
  for (int kind = 0; kind < partition::kSkipKinds; ++kind) {
    result.skipped[static_cast<size_t>(kind)] =
        reader.reader().skipped(static_cast<partition::SkipKind>(kind));
  }
  result.digests = domain->store().BusinessDigests();
  if (look) look(reader, *domain);
  return result;
}

absl::Status Compare(const Checkpoint& checkpoint, const ReadRecords& read, partition::Strictness strictness,
                     Replayed& replayed) {
  if (replayed.damage || !replayed.place) return absl::OkStatus();
  if (replayed.place->journal_id != checkpoint.journal_id) {
    replayed.damage = partition::Damage{0, "the checkpoint is of another journal", Digest{}};
    return absl::OkStatus();
  }
  if (replayed.place->height < checkpoint.height) {
    replayed.damage = partition::Damage{
        replayed.place->offset + 1,
        fmt::format("the end is cut off: a checkpoint has seen height {}", checkpoint.height), Digest{}};
    return absl::OkStatus();
  }
  const auto record = FindHeight(read, replayed.journal, checkpoint.height, strictness);
  if (!record.ok()) return record.status();
  partition::Frame frame;
  if (!*record || partition::Parse((*record)->bytes, frame) != partition::FrameError::kNone ||
      frame.digest != checkpoint.head) {
    replayed.damage = partition::Damage{*record ? (*record)->offset : static_cast<int64_t>(checkpoint.height),
                                        "a checkpoint has seen another record at this height", Digest{}};
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Replayed>> ReplayAll(const std::vector<ContextSpec>& specs, int32_t partitions,
                                                const ReadRecords& read, partition::Strictness strictness) {
  std::vector<Replayed> all;
  for (const ContextSpec& spec : specs) {
    for (int32_t partition = 0; partition < (spec.single_partition ? 1 : partitions); ++partition) {
      auto replayed = Replay(spec, partition, read, strictness);
      if (!replayed.ok()) return replayed.status();
      all.push_back(*std::move(replayed));
    }
  }
  return all;
}

absl::StatusOr<int32_t> PartitionCountOf(const std::vector<ContextSpec>& specs, const ReadRecords& read) {
  for (const ContextSpec& spec : specs) {
    if (spec.single_partition) continue;
    const auto genesis = ReadGenesis(read, {spec.topic(), 0});
    if (!genesis.ok() && !absl::IsNotFound(genesis.status())) return genesis.status();
    if (!genesis.ok() || genesis->partition_count() < 1) {
      return absl::DataLossError(fmt::format("{}/0 does not begin with a genesis", spec.topic()));
    }
    return genesis->partition_count();
  }
  return 1;
}

std::string DigestTextOf(const std::vector<ContextSpec>& specs, const std::vector<Replayed>& replayed) {
  std::map<std::pair<std::string, County>, Digest> digests;
  for (const Replayed& one : replayed) {
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const ContextSpec& candidate) {
      return candidate.topic() == one.journal.topic;
    });
    for (const auto& [county, digest] : one.digests) digests[{spec->context, county}] = digest;
  }
  return DigestLines(digests);
}

}  // namespace sanyuan::host
