// The data that the product ships, as it stands in the CSV files of this folder: built in, so that no program
// has to look for a file. Immutable, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DATA_SHIPPED_H_
#define SANYUAN_SERVICES_REGISTRY_DATA_SHIPPED_H_

#include <string_view>

namespace sanyuan::registry {

std::string_view ShippedCalendar();
std::string_view ShippedCounties();
std::string_view ShippedPriceClasses();
std::string_view ShippedSkus();

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DATA_SHIPPED_H_
