// The folded state of one partition of one context: a few tables of plain structs, changed by the records
// of its journal one after the other.
//
// A writer decides ahead of what it has read back, so every change remembers how to undo it until the record
// that made it is accepted; standing down drops the overlay, not the state. Rows are never changed in place:
// a change puts a new version beside the old one, so a version that was handed out (to a projection, to a
// snapshot being written) stays as it was.
//
// Thread safety: a Store and its tables belong to one thread; Snapshot and Change may be moved to another.
#ifndef SANYUAN_COMMON_STATE_STORE_H_
#define SANYUAN_COMMON_STATE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/digest/digest.h"
#include "common/state/code.h"

namespace sanyuan::state {

class TableBase;

// One row as a record left it: a Table<..>::Entry, which adds key and row.
struct Version {
  uint64_t record = 0;  // The record that made it.
  bool in_sum = false;  // Whether its table's sum includes it; used by the owning thread alone.
};

// What a record did to a row; read it with Table::EntryOf.
struct Change {
  const TableBase* table = nullptr;
  bool erased = false;  // `version` is then the row's last.
  std::shared_ptr<const Version> version;
};

// What a table holds, for the county digests and for snapshots.
enum class Content {
  kBusiness,  // What an API can return: part of the business digest of its county.
  kInternal,  // Cursors, request ids, sealed personal data: part of the state digest only.
};

// All rows at one moment. Immutable: it may be encoded by another thread while the store goes on.
class Snapshot {
 public:
  struct TableRows {
    const TableBase* table;
    std::vector<std::shared_ptr<const Version>> versions;
  };
  explicit Snapshot(std::vector<TableRows> tables) : tables_(std::move(tables)) {}
  // The form that Store::Load reads. Carries no digest of its own: the record that the snapshot was made at
  // says which one it must have.
  std::string Encode() const;

 private:
  std::vector<TableRows> tables_;
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Changes from here on belong to the record at `height`. REQUIRES: height > the one before.
  void BeginRecord(uint64_t height);
  // The records up to `height` are accepted: their changes stay. Takes them into the digests' sums, a few hundred at a
  // time, about a microsecond for each row.
  void Accept(uint64_t height);
  // Undoes the changes of all records above `height`. REQUIRES: none of them was accepted.
  void RollbackTo(uint64_t height);

  // Rows that the current record has changed, each once, of tables that want it (Table::Track).
  std::vector<Change> TakeChanges();

  // All rows of tables that want it as the accepted records left them, as if they had just been changed: what a view
  // is built from anew. REQUIRES: between two records.
  std::vector<Change> AcceptedRows() const;

  // Digest of everything, as it stands now (with what is not accepted yet). Costs about a microsecond for
  // each changed row that is in no sum yet.
  Digest StateDigest();
  // One digest per county over its business rows. Counties without rows are left out.
  std::map<County, Digest> BusinessDigests();
  // Of each table and county its rows as a set, but for what says where records stand (HoldsPlaces).
  std::map<std::pair<std::string, County>, SetDigest> RowDigests();

  // REQUIRES: between two records; a row that the current record changes again would change in the snapshot too.
  Snapshot Capture() const;
  // Replaces everything. DataLoss when `bytes` is not a snapshot of these tables; the store is then empty.
  absl::Status Load(std::string_view bytes);
  // After Load: the rows are those after the record at `height`.
  void RestoredAt(uint64_t height) { record_ = height; }

  uint64_t record() const { return record_; }

 private:
  friend class TableBase;
  std::vector<TableBase*> tables_;  // In the order of their construction, which is part of the digest.
  uint64_t record_ = 0;
};

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_STORE_H_
