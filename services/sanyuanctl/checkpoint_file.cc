#include "services/sanyuanctl/checkpoint_file.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "common/digest/digest.h"

namespace sanyuan::ctl {

using nlohmann::json;

std::string CheckpointText(const std::vector<operations::v1::PartitionStatus>& partitions) {
  json checkpoints = json::array();
  for (const auto& partition : partitions) {
    if (partition.head().empty()) continue;
    checkpoints.push_back({{"context", partition.context()},
                           {"partition", partition.partition()},
                           {"journal_id", absl::BytesToHexString(partition.journal_id())},
                           {"height", partition.height()},
                           {"head", absl::BytesToHexString(partition.head())}});
  }
  return json({{"checkpoints", checkpoints}}).dump(1) + "\n";
}

absl::Status WriteCheckpoints(const std::string& path,
                              const std::vector<operations::v1::PartitionStatus>& partitions) {
  std::ofstream file(path, std::ios::trunc);
  file << CheckpointText(partitions);
  if (!file.flush()) return absl::UnavailableError(fmt::format("{} can't be written", path));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<operations::v1::Checkpoint>> ReadCheckpoints(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(fmt::format("{} can't be read", path));
  const json content = json::parse(file, nullptr, false);
  std::vector<operations::v1::Checkpoint> checkpoints;
  try {
    for (const json& entry : content.at("checkpoints")) {
      operations::v1::Checkpoint& checkpoint = checkpoints.emplace_back();
      checkpoint.set_context(entry.at("context").get<std::string>());
      checkpoint.set_partition(entry.at("partition").get<int32_t>());
      checkpoint.set_height(entry.at("height").get<uint64_t>());
      const auto journal_id = BytesFromHex(entry.at("journal_id").get<std::string>());
      const auto head = BytesFromHex(entry.at("head").get<std::string>());
      if (!journal_id || !head) {
        return absl::DataLossError(fmt::format("{} is not a checkpoint file: {} of {}/{} is not hexadecimal",
                                               path, journal_id ? "head" : "journal_id", checkpoint.context(),
                                               checkpoint.partition()));
      }
      checkpoint.set_journal_id(*journal_id);
      checkpoint.set_head(*head);
    }
  } catch (const json::exception& error) {
    return absl::DataLossError(fmt::format("{} is not a checkpoint file: {}", path, error.what()));
  }
  return checkpoints;
}

}  // namespace sanyuan::ctl
