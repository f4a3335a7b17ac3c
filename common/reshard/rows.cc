#include "common/reshard/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/partition/partitioner.h"

namespace sanyuan::reshard {
namespace {

using RowsKey = RowDigests::key_type;

SetDigest Of(const RowDigests& rows, const RowsKey& key) {
  const auto found = rows.find(key);
  return found == rows.end() ? SetDigest() : found->second;
}

SetDigest Together(const std::vector<RowDigests>& partitions, const RowsKey& key) {
  SetDigest sum;
  for (const RowDigests& rows : partitions) sum.Merge(Of(rows, key));
  return sum;
}

bool EachHolds(const std::vector<RowDigests>& partitions, const RowsKey& key, const SetDigest& wanted) {
  return std::all_of(partitions.begin(), partitions.end(),
                     [&](const RowDigests& rows) { return Of(rows, key) == wanted; });
}

bool StandAlike(const RowsKey& key, const std::vector<RowDigests>& before,
                const std::vector<RowDigests>& after) {
  const SetDigest first = Of(before.front(), key);
  if (EachHolds(before, key, first) && EachHolds(after, key, first)) return true;
  const SetDigest sum = Together(before, key);
  if (sum != Together(after, key)) return false;
  if (key.second == 0) return true;
  const auto own =
      static_cast<size_t>(partition::PartitionOf(key.second, static_cast<int32_t>(after.size())));
  return Of(after[own], key) == sum;
}

}  // namespace

absl::Status CompareRows(const std::string& context, const std::vector<RowDigests>& before,
                         const std::vector<RowDigests>& after) {
  std::set<RowsKey> keys;
  for (const auto* partitions : {&before, &after}) {
    for (const RowDigests& rows : *partitions) {
      for (const auto& [key, digest] : rows) keys.insert(key);
    }
  }
  for (const RowsKey& key : keys) {
    if (StandAlike(key, before, after)) continue;
    return absl::DataLossError(fmt::format("{}: the rows of table {} {} are not those of the older journals",
                                           context, key.first,
                                           key.second == 0 ? "" : "of county " + CountyText(key.second)));
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::reshard
