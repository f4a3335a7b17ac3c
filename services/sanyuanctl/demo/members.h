// Who is who in the demo county, by their ids, and what they bring along.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_MEMBERS_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_MEMBERS_H_

#include <cstddef>
#include <string>

#include "services/sanyuanctl/client/client.h"

namespace sanyuan::ctl::demo {

// Squads are "S1" to "S3"; `number` is taken modulo their count.
std::string SquadOf(size_t number);
Caller HeadOf(const std::string& squad);
// The squad's officers are numbered through: those of S2 are IN04 to IN06. `number` from 1 to 3.
Caller OfficerOf(const std::string& squad, int number);
// The squad of an officer, "" of everybody else.
std::string SquadOfOfficer(const std::string& id);
// With the role that the id tells.
Caller CallerOf(const std::string& id);
// 32 bytes that stand for a photo of `what`.
std::string Evidence(const std::string& what);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_MEMBERS_H_
