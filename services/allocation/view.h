// What queries see of allocation: one row for each agreement, allowance, list, supply, run and so on, by path.
//
// Most values are serialized resources of the contract. Runs and results of retailers are kept in the state's own
// compact form, because their lines name SKUs and levels by place: queries.cc puts them together. A view is built
// again from the journal whenever it is deleted.
//
//   agreement/<county>/<agreement>              agreement_of/<county>/<licence>/<agreement>
//   month/<county>/<month>                      allowance/<county>/<month>/<licence>
//   adjustment/<county>/<month>/<licence>/<id>  tight/<county>/<number>   ration/<county>/<number>
//   supply/<county>/<month>/<sku>               window_supply/<county>/<window>/<sku>
//   release/<county>/<window>                   tie_key/<county>/<window>
//   run/<county>/<window>/<sequence>            window_skus/<county>/<window>
//   result/<county>/<window>/<licence>/<sequence>
//
// Thread safety: immutable after construction, any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_VIEW_H_
#define SANYUAN_SERVICES_ALLOCATION_VIEW_H_

#include <functional>
#include <map>

#include "common/view/view_store.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

class AllocationView final : public view::Projection {
 public:
  // Only the tables' names are taken from `state`, never a row: one view serves every partition.
  explicit AllocationView(const State& state);

  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;

 private:
  template <typename Key, typename Row>
  void Add(const state::Table<Key, Row>& table,
           std::function<void(const Key&, const Row&, bool erased, std::vector<view::ViewRow>&)> project);

  std::map<std::string, std::function<void(const state::Change&, std::vector<view::ViewRow>&)>> tables_;
};

// Keys of rows, for queries.
std::string AgreementRow(County county, const std::string& id);
std::string AgreementOfRow(County county, const std::string& licence, const std::string& id);
std::string MonthRow(County county, const std::string& month);
std::string AllowanceRow(County county, const std::string& month, const std::string& licence);
std::string SupplyRow(County county, const std::string& month, const std::string& sku);
std::string WindowRow(const std::string& kind, const WindowKey& window);
std::string RunRow(const RunKey& run);
std::string ResultRow(const WindowKey& window, const std::string& licence, int32_t sequence);
// Numbers and sequences sort as text.
std::string Padded(int64_t number);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_VIEW_H_
