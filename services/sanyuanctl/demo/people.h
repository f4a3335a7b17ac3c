// Names, phones and words of the people of the demo day: invented, and drawn from the seed. No business figure
// depends on them. Pure, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_PEOPLE_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_PEOPLE_H_

#include <cstdint>
#include <string>

namespace sanyuan::ctl::demo {

// Of a licence, a receiver id or a staff id.
std::string NameOf(uint64_t seed, const std::string& id);
// Eleven digits that begin with 100, as no mobile number does.
std::string PhoneOf(uint64_t seed, const std::string& id);
std::string PinOf(uint64_t seed, const std::string& licence);
std::string ShopNameOf(uint64_t seed, const std::string& licence);
std::string AddressOf(uint64_t seed, const std::string& licence, bool urban);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_PEOPLE_H_
