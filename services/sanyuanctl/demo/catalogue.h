// The shipped reference data as the demo day takes it: 58 SKUs with real names (most codes and all prices are
// synthetic, and flagged so), the price classes, counties and the calendar. Immutable, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_

#include <string>
#include <vector>

#include "sanyuan/registry/v1/calendar.pb.h"
#include "sanyuan/registry/v1/reference.pb.h"

namespace sanyuan::ctl::demo {

struct CatalogueSku {
  std::string code;
  bool key_brand = false, tight = false, rural_staple = false;
  registry::v1::Sku sku;
};

// In the order of the shipped file: plans name SKUs by their place.
const std::vector<CatalogueSku>& Catalogue();

registry::v1::County ShippedCounty(const std::string& code);
std::vector<registry::v1::PriceClass> ShippedClasses();
registry::v1::Calendar ShippedYear(int32_t year);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_
