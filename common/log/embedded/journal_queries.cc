#include "common/log/embedded/journal_queries.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <utility>

#include "common/log/embedded/durable_file.h"

namespace sanyuan::log {
namespace {

constexpr int64_t kApplicationId = 0x53594a31;  // "SYJ1". Stored: never changes.
constexpr int64_t kLayout = 1;

// A record of up to a quarter of the page stays inside the tree; larger ones take pages of their own. Larger
// pages would write more for each small commit.
constexpr int kPageBytes = 8192;

// False: a new, empty file.
absl::StatusOr<bool> IsJournal(sqlite::Database& database, const std::string& path) {
  absl::StatusOr<int64_t> application = database.QueryInt("PRAGMA application_id");
  if (!application.ok()) return application.status();
  absl::StatusOr<int64_t> tables = database.QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application == 0 && *tables == 0) return false;
  if (*application != kApplicationId) {
    return absl::FailedPreconditionError(fmt::format("{} is the database of another program", path));
  }
  absl::StatusOr<int64_t> layout = database.QueryInt("PRAGMA user_version");
  if (!layout.ok()) return layout.status();
  if (*layout != kLayout) {
    return absl::FailedPreconditionError(
        fmt::format("{} has layout {}; this version knows layout {}", path, *layout, kLayout));
  }
  return true;
}

absl::Status CreateTable(sqlite::Database& database, const std::string& directory) {
  absl::Status status = database.Execute(
      fmt::format("BEGIN IMMEDIATE;"
                  "CREATE TABLE journal(topic TEXT, partition INTEGER, offset INTEGER, record BLOB,"
                  " PRIMARY KEY(topic, partition, offset)) WITHOUT ROWID;"
                  "PRAGMA application_id={}; PRAGMA user_version={};"
                  "COMMIT",
                  kApplicationId, kLayout));
  if (!status.ok()) {
    database.RollBack();
    return status;
  }
  return SyncDirectory(directory);
}

absl::Status At(const absl::Status& status, const TopicPartition& where, int64_t offset) {
  return absl::Status(status.code(), fmt::format("{} from offset {}: {}", where.ToString(), offset,
                                                 std::string(status.message())));
}

}  // namespace

std::string JournalPath(const std::string& directory) { return directory + "/journal.db"; }

absl::StatusOr<std::unique_ptr<sqlite::Database>> OpenJournalForWriting(const std::string& directory) {
  const std::string path = JournalPath(directory);
  absl::StatusOr<std::unique_ptr<sqlite::Database>> opened =
      sqlite::Database::Open(path, sqlite::Database::Mode::kCreate);
  if (!opened.ok()) return opened.status();
  sqlite::Database& database = **opened;
  database.CheckpointOnlyWhenAsked();
  absl::StatusOr<bool> known = IsJournal(database, path);
  if (!known.ok()) return known.status();
  if (!*known) {
    absl::Status status = database.Execute(fmt::format("PRAGMA page_size={}", kPageBytes));
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::string> mode = database.QueryText("PRAGMA journal_mode=WAL");
  if (!mode.ok()) return mode.status();
  if (*mode != "wal") {
    return absl::FailedPreconditionError(fmt::format("{}: no write-ahead log on this file system", path));
  }
  if (absl::Status status = database.Execute("PRAGMA synchronous=FULL"); !status.ok()) return status;
  if (!*known) {
    if (absl::Status status = CreateTable(database, directory); !status.ok()) return status;
  }
  return opened;
}

absl::StatusOr<std::unique_ptr<JournalQueries>> JournalQueries::Open(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(fmt::format("there is no journal at {}", path));
  }
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database =
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) return database.status();
  std::unique_ptr<JournalQueries> queries(new JournalQueries(*std::move(database)));
  absl::StatusOr<bool> known = IsJournal(*queries->database_, path);
  if (!known.ok()) return known.status();
  if (!*known) return absl::NotFoundError(fmt::format("{} holds no journal yet", path));
  if (absl::Status status = queries->Prepare(); !status.ok()) return status;
  return queries;
}

absl::Status JournalQueries::Prepare() {
  for (const auto& [statement, sql] : std::initializer_list<std::pair<sqlite::Statement*, const char*>>{
           {&begin_, "BEGIN"},
           {&read_,
            "SELECT offset, record FROM journal WHERE topic=? AND partition=? AND offset>=? ORDER BY offset "
            "LIMIT ?"},
           {&end_offset_,
            "SELECT offset FROM journal WHERE topic=? AND partition=? ORDER BY offset DESC LIMIT 1"},
           {&next_partition_,
            "SELECT topic, partition FROM journal WHERE (topic, partition) > (?, ?)"
            " ORDER BY topic, partition LIMIT 1"}}) {
    absl::StatusOr<sqlite::Statement> prepared = database_->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

Chunk JournalQueries::Read(const TopicPartition& where, int64_t from_offset, size_t max_records,
                           size_t max_bytes) {
  Chunk chunk;
  size_t bytes = 0;
  int64_t next = from_offset;
  read_.BindText(1, where.topic);
  read_.BindInt(2, where.partition);
  read_.BindInt(3, from_offset);
  read_.BindInt(4, static_cast<int64_t>(max_records));
  while (chunk.records.size() < max_records && bytes < max_bytes) {
    absl::StatusOr<bool> row = read_.Step();
    if (!row.ok()) {
      chunk.status = At(row.status(), where, next);
      break;
    }
    if (!*row) {
      chunk.at_end = true;
      break;
    }
    const int64_t offset = read_.Int(0);
    if (!read_.IsInt(0) || offset < next || read_.IsNull(1)) {
      chunk.status =
          At(absl::DataLossError("the rows of the table are out of order or not records"), where, next);
      break;
    }
    const std::string_view record = read_.Bytes(1);
    chunk.records.push_back({offset, std::string(record)});
    bytes += record.size();
    next = offset + 1;
  }
  read_.Reset();
  return chunk;
}

absl::StatusOr<std::optional<Record>> JournalQueries::ReadAt(const TopicPartition& where, int64_t offset) {
  Chunk chunk = Read(where, offset, 1, std::numeric_limits<size_t>::max());
  if (!chunk.status.ok()) return chunk.status;
  if (chunk.records.empty() || chunk.records[0].offset != offset) return std::nullopt;
  return std::move(chunk.records[0]);
}

absl::StatusOr<int64_t> JournalQueries::EndOffset(const TopicPartition& where) {
  end_offset_.BindText(1, where.topic);
  end_offset_.BindInt(2, where.partition);
  absl::StatusOr<bool> row = end_offset_.Step();
  if (!row.ok()) return row.status();
  const int64_t end = *row ? end_offset_.Int(0) + 1 : 0;
  end_offset_.Reset();
  return end;
}

absl::StatusOr<std::vector<TopicPartition>> JournalQueries::Partitions() {
  std::vector<TopicPartition> found;
  TopicPartition last{"", std::numeric_limits<int32_t>::min()};
  while (true) {
    next_partition_.BindText(1, last.topic);
    next_partition_.BindInt(2, last.partition);
    absl::StatusOr<bool> row = next_partition_.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    TopicPartition next{std::string(next_partition_.Bytes(0)), static_cast<int32_t>(next_partition_.Int(1))};
    next_partition_.Reset();
    if (next <= last) return absl::DataLossError("the rows of the journal table are out of order");
    found.push_back(next);
    last = std::move(next);
  }
  next_partition_.Reset();
  return found;
}

absl::Status JournalQueries::CheckStructure() {
  absl::StatusOr<sqlite::Statement> check = database_->Prepare("PRAGMA integrity_check(20)");
  if (!check.ok()) return check.status();
  std::string findings;
  while (true) {
    absl::StatusOr<bool> row = check->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const std::string_view line = check->Bytes(0);
    if (line != "ok") findings += fmt::format("{}{}", findings.empty() ? "" : "; ", line);
  }
  return findings.empty() ? absl::OkStatus() : absl::DataLossError(findings);
}

}  // namespace sanyuan::log
