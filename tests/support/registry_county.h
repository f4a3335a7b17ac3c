// A county as the registry's tests need it: the reference registry with start policies and Yongdeng, the county's
// registry fed from it, a few units, people, routes and retailers. Sealed texts are stand-ins of the right form.
#ifndef SANYUAN_TESTS_SUPPORT_REGISTRY_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_REGISTRY_COUNTY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/registry/domain/reference_domain.h"
#include "services/registry/domain/registry_domain.h"
#include "tests/support/decider.h"

namespace sanyuan::testing {

inline constexpr const char* kCounty = "620121";
inline constexpr County kCountyNumber = 620121;

// 1 July 2019, 09:00 in Yongdeng.
absl::Time RegistryNow();

// What sealing `text` could give: of the right form, and equal for equal texts.
std::string SealedText(std::string_view text);
std::string HashText(std::string_view text);

// "620121100001" for 1.
std::string Licence(int number);

registry::v1::Staff SomeStaff(const std::string& staff_id, common::v1::Role role);
registry::v1::Route SomeRoute(const std::string& route_id);
// An active shop on route R01 of account manager AM1.
registry::v1::Retailer SomeRetailer(int number);

std::vector<std::string> FieldsOf(const std::vector<common::v1::Refusal>& refusals);
std::vector<std::string> FieldsOf(const registry::v1::RefusedItem& item);

class RegistryCounty {
 public:
  // Counties, policies of 1 June 2019 and, in the county: department D1, territory T1, squad S1, depot P1, account
  // managers AM1 and AM2, marketing manager MM1, county manager CM1, delivery staff DS1, route R01.
  RegistryCounty();

  Decider<registry::ReferenceDomain>& reference() { return reference_; }
  Decider<registry::RegistryDomain>& county() { return county_; }

  // Sends a command of the named service ("RetailerService") as the given person.
  template <typename Request>
  partition::Outcome Send(const std::string& actor, common::v1::Role role, const std::string& service,
                          const Request& request) {
    std::string name(Request::descriptor()->name());
    name.resize(name.size() - std::string_view("Request").size());
    const std::string method = "/sanyuan.registry.v1." + service + "/" + name;
    if constexpr (requires { request.county_code(); }) {
      return county_.Send({actor, role}, method, request);
    } else {
      partition::Outcome outcome = reference_.Send({actor, role}, method, request);
      county_.Receive(registry::kReferenceJournal, outcome.events);
      return outcome;
    }
  }

  partition::Outcome Register(const std::vector<registry::v1::Retailer>& retailers);
  const registry::v1::BatchResult& ResultOf(const partition::Outcome& outcome) const;
  registry::v1::Retailer Standing(const std::string& licence);

  // Events of the last outcome, typed.
  static const registry::v1::Event& EventOf(const partition::Outcome& outcome, size_t index = 0) {
    return dynamic_cast<const registry::v1::Event&>(*outcome.events.at(index));
  }

 private:
  Decider<registry::ReferenceDomain> reference_;
  Decider<registry::RegistryDomain> county_;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_REGISTRY_COUNTY_H_
