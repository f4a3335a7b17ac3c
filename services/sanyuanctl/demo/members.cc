#include "services/sanyuanctl/demo/members.h"

#include <fmt/format.h>

#include <map>

#include "common/digest/digest.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {
namespace {

constexpr int kOfficersOfSquad = 3;

}  // namespace

std::string SquadOf(size_t number) { return fmt::format("S{}", number % kSquads + 1); }

Caller HeadOf(const std::string& squad) { return {"SH" + squad.substr(1), "SQUAD_HEAD"}; }

Caller OfficerOf(const std::string& squad, int number) {
  const int first = kOfficersOfSquad * (std::stoi(squad.substr(1)) - 1);
  return {fmt::format("IN{:02}", first + number), "INSPECTOR"};
}

std::string SquadOfOfficer(const std::string& id) {
  if (id.compare(0, 2, "IN") != 0) return "";
  return SquadOf(static_cast<size_t>((std::stoi(id.substr(2)) - 1) / kOfficersOfSquad));
}

Caller CallerOf(const std::string& id) {
  static const std::map<std::string, std::string> roles = {
      {"AM", "ACCOUNT_MANAGER"}, {"CM", "COUNTY_MANAGER"}, {"DP", "DEPOT"},     {"DS", "DELIVERY_STAFF"},
      {"IN", "INSPECTOR"},       {"SD", "SERVICE_DESK"},   {"SH", "SQUAD_HEAD"}};
  const auto role = roles.find(id.substr(0, 2));
  return {id, role == roles.end() ? "RETAILER" : role->second};
}

std::string Evidence(const std::string& what) { return std::string(Sha256("evidence " + what).view()); }

}  // namespace sanyuan::ctl::demo
