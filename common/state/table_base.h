// What a table does with the versions of its rows, whatever its rows are: how changes are undone, which versions are in
// the sums that digests are taken over, what a snapshot holds. Compiled once; a Table adds its keys and rows.
// Thread safety: as its Store.
#ifndef SANYUAN_COMMON_STATE_TABLE_BASE_H_
#define SANYUAN_COMMON_STATE_TABLE_BASE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/digest/digest.h"
#include "common/state/code.h"
#include "common/state/store.h"

namespace sanyuan::state {

class TableBase {
 public:
  TableBase(Store& store, std::string name, Content content);
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;
  virtual ~TableBase() = default;

  const std::string& name() const { return name_; }
  // From now on Store::TakeChanges reports changed rows of this table.
  void Track() { tracked_ = true; }
  // The table came with a version after the first: a state without rows of it has the digest that older versions give it.
  void CameLater() { came_later_ = true; }

  // Its rows are about where records stand in this journal: another one that holds the same has others.
  void HoldsPlaces() { holds_places_ = true; }

  virtual size_t size() const = 0;
  bool empty() const { return size() == 0; }

 protected:
  using VersionPtr = std::shared_ptr<Version>;

  // The record that is changing the table.
  uint64_t record() const { return store_.record(); }
  // Whether the current record must put a new version beside this one, to change its row.
  bool IsFixed(const Version& version) const { return version.record != record() || version.in_sum; }
  // `current` is the row's place in the table; null: the row is new. `next` has its key.
  void Supersede(VersionPtr& current, VersionPtr next);
  // The caller removes the row from the table.
  void Erased(VersionPtr version);

 private:
  friend class Store;
  friend class Snapshot;

  struct Undo {
    uint64_t record;
    VersionPtr named;   // Its key says of which row.
    VersionPtr before;  // Null: there was no row.
  };

  // The place of the row that has the key of `version`; null when there is none.
  virtual VersionPtr* PlaceOf(const Version& version) = 0;
  // REQUIRES: no row has its key.
  virtual void Insert(VersionPtr version) = 0;
  // REQUIRES: a row has its key.
  virtual void Remove(const Version& version) = 0;
  virtual void RemoveAll() = 0;
  // In the order of keys.
  virtual void ForEachVersion(absl::FunctionRef<void(const VersionPtr&)> visit) const = 0;
  // That with the highest key; null when there is none.
  virtual const Version* Last() const = 0;
  virtual bool IsBefore(const Version& a, const Version& b) const = 0;
  virtual County CountyOf(const Version& version) const = 0;
  virtual void Encode(const Version& version, std::string& out) const = 0;
  // Whether rows hold places beside other things; EncodeWithoutPlaces leaves them out.
  virtual bool ForgetsPlaces() const = 0;
  virtual void EncodeWithoutPlaces(const Version& version, std::string& out) const = 0;
  // Null when `bytes` is not what Encode made of a version.
  virtual VersionPtr Decode(std::string_view bytes) const = 0;

  void Retire(const VersionPtr& version);
  bool IsCurrent(const VersionPtr& version);
  std::string_view Bytes(const Version& version);

  // For Store, which says what they do.
  void AcceptTo(uint64_t height);
  void UndoAbove(uint64_t height);
  void UpdateSums();
  std::map<County, SetDigest> SumsWithoutPlaces();
  std::vector<std::shared_ptr<const Version>> CurrentVersions() const;
  std::vector<std::shared_ptr<const Version>> AcceptedVersions() const;
  bool Load(std::string_view bytes);
  void Clear();

  Store& store_;
  const std::string name_;
  const Content content_;
  bool tracked_ = false;
  bool came_later_ = false;
  bool holds_places_ = false;
  std::vector<Change> changes_;
  std::deque<Undo> undo_;
  std::map<County, SetDigest> sums_;
  std::vector<VersionPtr> fresh_;    // Versions that no sum has seen yet, some of them outdated by now.
  std::vector<VersionPtr> retired_;  // Versions in the sum that were replaced, some of them current again.
  std::string buffer_;
};

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_TABLE_BASE_H_
