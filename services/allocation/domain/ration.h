// Tight lists and reasonable rations (R30, R31): published to retailers before the order window that they count
// for, else TIGHT_LIST_LATE. A ration is an upper cap, the same for all of a class (invariant 22), and stands
// only for SKUs on the tight list. Versions are never changed, a later one takes the place of an earlier one for
// windows that open from its `effective_from` on. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_RATION_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_RATION_H_

#include <map>

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

Outcome DecidePublishTightList(const State& state, const v1::PublishTightListRequest& request,
                               const Stamp& stamp);
Outcome DecidePublishRations(const State& state, const v1::PublishRationsRequest& request,
                             const Stamp& stamp);

std::string TightListVersion(const VersionKey& key);
std::string RationVersion(const VersionKey& key);
// Nullptr when `version` names none.
const TightList* TightListNamed(const State& state, County county, const std::string& version);
const RationTable* RationsNamed(const State& state, County county, const std::string& version);

// The caps that judge a window: of rations for SKUs that are tight.
class Caps {
 public:
  Caps() = default;
  Caps(const State& state, County county, const std::string& tight_list_version,
       const std::string& ration_version);
  // nullopt: no cap.
  std::optional<int64_t> Of(Code sku, const std::string& ration_class) const;

 private:
  std::map<std::pair<Code, std::string>, int64_t> caps_;
};

absl::Status Evolve(State& state, const v1::TightListPublished& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::ReasonableRationPublished& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_RATION_H_
