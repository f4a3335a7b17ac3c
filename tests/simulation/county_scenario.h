// Order intake and allocation as they are, with the journals of the registry beside them: two small counties, one
// under the floating policy (allowances, planned supply, deadlines for payment) and one without (recorded supply),
// from agreements to what is left when the windows are closed. Two days pass in 21 seconds: between the bursts of
// work the time of all clocks jumps.
// Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_COUNTY_SCENARIO_H_
#define SANYUAN_TESTS_SIMULATION_COUNTY_SCENARIO_H_

#include "tests/simulation/scenario.h"

namespace sanyuan::simulation {

inline constexpr size_t kOrderIntake = 0;
inline constexpr size_t kAllocation = 1;

inline constexpr County kFloatingCounty = 620121;
inline constexpr County kRecordedCounty = 990001;
inline constexpr int kFloatingShops = 5;
inline constexpr int kRecordedShops = 3;
inline constexpr int kSkus = 3;
inline constexpr int64_t kWholesaleFen = 1000;  // For a carton of SKU 1; n times that for SKU n.

std::string LicenceOf(County county, int shop);  // From 1.
std::string SkuOf(int sku);                      // From 1.
std::string SecretOf(const std::string& window);

// Windows open and are cut off then; orders are allocated from kCutOff on.
inline constexpr Micros kOpens = 3 * kSecond;
inline constexpr Micros kCutOff = 9 * kSecond;
inline constexpr Micros kAllocated = 11 * kSecond;

class CountyScenario final : public Scenario {
 public:
  const std::vector<Context>& contexts() const override;
  std::vector<ScriptedJournal> NewScriptedJournals(Random& random) override;
  std::unique_ptr<partition::Domain> NewDomain(size_t context) const override;
  absl::Time TimeAt(Micros now) const override;
  std::vector<Ask> NewScript(Random& random) override;
  // Windows close and their runs are computed.
  std::pair<Micros, Micros> rush() const override { return {kAllocated, kAllocated + kSecond}; }
  std::string Check(const Outcomes& outcomes) const override;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_COUNTY_SCENARIO_H_
