#include "common/host/snapshot_store.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <system_error>

#include "common/partition/crash_points.h"
#include "common/state/codec.h"

namespace sanyuan::host {
namespace {

// The file: a magic, the fold that made it, the place, the offset of the record behind it, and the rows.
constexpr std::string_view kMagic = "sanyuan snapshot 2";
// Of this version: another number whenever records come to other rows than before, or rows to other bytes.
constexpr uint32_t kFold = 1;

}  // namespace

std::filesystem::path FileSnapshotStore::PathOf(const log::TopicPartition& journal) const {
  return directory_ / fmt::format("{}-{}.snapshot", journal.topic, journal.partition);
}

absl::Status FileSnapshotStore::Save(const log::TopicPartition& journal, const StoredSnapshot& snapshot) {
  std::string head;
  state::Encoder encode(head);
  const partition::Place& place = snapshot.place;
  encode(std::string(kMagic), kFold, std::string(reinterpret_cast<const char*>(place.journal_id.data()), 16),
         place.term, place.height, place.head, place.offset, snapshot.next_offset);
  const std::filesystem::path path = PathOf(journal);
  std::filesystem::path fresh = path;
  fresh += ".new";
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  {
    std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
    file << head;
    SANYUAN_CRASH_POINT("snapshot");
    file << snapshot.rows;
    if (!file.flush()) return absl::UnavailableError(fmt::format("{} can't be written", fresh.string()));
  }
  SANYUAN_CRASH_POINT("snapshot");
  std::filesystem::rename(fresh, path, error);
  if (error) return absl::UnavailableError(fmt::format("{}: {}", path.string(), error.message()));
  return absl::OkStatus();
}

std::optional<StoredSnapshot> FileSnapshotStore::Load(const log::TopicPartition& journal) {
  const std::filesystem::path path = PathOf(journal);
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return std::nullopt;
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) return std::nullopt;
  std::string magic;
  std::string id;
  StoredSnapshot snapshot;
  partition::Place& place = snapshot.place;
  uint32_t fold = 0;
  state::Decoder decode(bytes);
  decode(magic, fold, id, place.term, place.height, place.head, place.offset, snapshot.next_offset);
  if (!decode.ok() || magic != kMagic || fold != kFold || id.size() != place.journal_id.size())
    return std::nullopt;
  std::memcpy(place.journal_id.data(), id.data(), id.size());
  snapshot.rows = std::move(bytes.erase(0, bytes.size() - decode.rest().size()));
  return snapshot;
}

void FileSnapshotStore::Delete(const log::TopicPartition& journal) {
  std::error_code ignored;
  std::filesystem::remove(PathOf(journal), ignored);
}

}  // namespace sanyuan::host
