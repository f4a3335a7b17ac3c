#include "common/state/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "common/state/codec.h"
#include "common/state/table_base.h"

namespace sanyuan::state {

void Store::BeginRecord(uint64_t height) {
  assert(height > record_);
  record_ = height;
  for (TableBase* table : tables_) table->changes_.clear();
}

void Store::Accept(uint64_t height) {
  for (TableBase* table : tables_) table->AcceptTo(height);
}

void Store::RollbackTo(uint64_t height) {
  for (TableBase* table : tables_) {
    table->UndoAbove(height);
    table->changes_.clear();
  }
  record_ = std::min(record_, height);
}

std::vector<Change> Store::TakeChanges() {
  std::vector<Change> all;
  for (TableBase* table : tables_) {
    all.insert(all.end(), std::make_move_iterator(table->changes_.begin()),
               std::make_move_iterator(table->changes_.end()));
    table->changes_.clear();
  }
  return all;
}

std::vector<Change> Store::AcceptedRows() const {
  std::vector<Change> all;
  for (const TableBase* table : tables_) {
    if (!table->tracked_) continue;
    for (auto& version : table->AcceptedVersions()) all.push_back({table, false, std::move(version)});
  }
  return all;
}

Digest Store::StateDigest() {
  std::string text;
  for (TableBase* table : tables_) {
    table->UpdateSums();
    if (table->came_later_ && table->empty()) continue;
    EncodeTo(table->name_, text);
    for (const auto& [county, sum] : table->sums_) {
      if (sum.empty()) continue;
      EncodeTo(county, text);
      EncodeTo(sum.Value(), text);
    }
  }
  return Sha256(text);
}

std::map<County, Digest> Store::BusinessDigests() {
  std::map<County, std::string> texts;
  for (TableBase* table : tables_) {
    if (table->content_ != Content::kBusiness) continue;
    table->UpdateSums();
    for (const auto& [county, sum] : table->sums_) {
      if (sum.empty()) continue;
      EncodeTo(table->name_, texts[county]);
      EncodeTo(sum.Value(), texts[county]);
    }
  }
  std::map<County, Digest> digests;
  for (const auto& [county, text] : texts) digests[county] = Sha256(text);
  return digests;
}

std::map<std::pair<std::string, County>, SetDigest> Store::RowDigests() {
  std::map<std::pair<std::string, County>, SetDigest> digests;
  for (TableBase* table : tables_) {
    for (const auto& [county, sum] : table->SumsWithoutPlaces()) {
      if (!sum.empty()) digests[{table->name_, county}] = sum;
    }
  }
  return digests;
}

Snapshot Store::Capture() const {
  std::vector<Snapshot::TableRows> rows;
  rows.reserve(tables_.size());
  for (const TableBase* table : tables_) rows.push_back({table, table->CurrentVersions()});
  return Snapshot(std::move(rows));
}

std::string Snapshot::Encode() const {
  std::string out;
  EncodeTo(static_cast<uint64_t>(tables_.size()), out);
  std::string row;
  for (const TableRows& table : tables_) {
    EncodeTo(table.table->name(), out);
    EncodeTo(static_cast<uint64_t>(table.versions.size()), out);
    for (const auto& version : table.versions) {
      row.clear();
      table.table->Encode(*version, row);
      EncodeTo(row, out);
    }
  }
  return out;
}

absl::Status Store::Load(std::string_view bytes) {
  for (TableBase* table : tables_) table->Clear();
  const auto fail = [this](std::string_view why) {
    for (TableBase* table : tables_) table->Clear();
    return absl::DataLossError(fmt::format("snapshot: {}", why));
  };
  Decoder decoder(bytes);
  uint64_t tables = 0;
  decoder(tables);
  if (!decoder.ok() || tables != tables_.size()) return fail("another set of tables");
  std::string row;
  for (TableBase* table : tables_) {
    std::string name;
    uint64_t count = 0;
    decoder(name, count);
    if (!decoder.ok() || name != table->name_) return fail(fmt::format("table {} is missing", table->name_));
    for (uint64_t i = 0; i < count; ++i) {
      decoder(row);
      if (!decoder.ok() || !table->Load(row)) return fail(fmt::format("bad row in table {}", table->name_));
    }
  }
  if (!decoder.AtEnd()) return fail("bytes after the end");
  return absl::OkStatus();
}

}  // namespace sanyuan::state
