// The control of reshard_test.py: reshards a data directory with a safeguard off. Ends with 0 when all the same nothing is found
// missing, with 1 and the reason when it is.
//
// Usage: reshard_control DATA TO PARTITIONS
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/host/replay.h"
#include "common/log/embedded/embedded_log.h"
#include "common/log/embedded/journal_file.h"
#include "common/reshard/reshard.h"
#include "services/sanyuan/contexts.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto file = sanyuan::log::JournalFile::OpenReadOnly(argv[1]);
  sanyuan::log::EmbeddedLogOptions options;
  options.directory = argv[2];
  const auto log = sanyuan::log::EmbeddedLog::Open(options);
  if (!file.ok() || !log.ok()) return 2;
  sanyuan::reshard::Installation from{sanyuan::Contexts({}), 0, file->get(),
                                      sanyuan::partition::Strictness::kStrict};
  const auto partitions = sanyuan::host::PartitionCountOf(from.specs, from.Reader());
  if (!partitions.ok()) return 2;
  from.partitions = *partitions;
  sanyuan::reshard::Request request;
  request.partitions = std::atoi(argv[3]);
  request.why = "a control";
  request.map_pages = false;
  const auto report = sanyuan::reshard::Reshard(
      from, [&]() -> absl::StatusOr<sanyuan::log::Log*> { return log->get(); },
      [] { return absl::OkStatus(); }, request);
  if (report.ok()) return 0;
  fmt::print("{}\n", std::string(report.status().message()));
  return 1;
}
