// The liquor sales of the State of Iowa to its licensed stores, as orders of this system: Iowa is a monopoly
// wholesaler too. An invoice is an order, a store a retailer, its county a county, an item a SKU, a bottle a
// carton, a cent a fen. Counties have the codes 990000 + the last three digits of their FIPS code.
//
// The folder holds sales_2022_h1.csv.gz, stores.csv, store_county_derived.csv and products.csv as published by
// the Iowa Department of Revenue and derived from it. Store status and list dates are later than the sales and are
// not used. A value; const functions may be called from any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IOWA_SALES_H_
#define SANYUAN_SERVICES_SANYUANCTL_IOWA_SALES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/business_time.h"

namespace sanyuan::ctl::iowa {

// "99": the beginning of all codes of counties.
inline constexpr char kCountyPrefix[] = "99";

struct County {
  std::string code, name;
};

// The category of an item stands in for the price class.
struct Category {
  std::string code, name;
};

struct Price {
  Date from;
  int64_t fen = 0;  // Of a bottle.
};

struct Item {
  std::string sku, name;
  std::string category;       // Code.
  std::vector<Price> prices;  // Ascending; what was paid on the first line of a day.
};

struct Store {
  std::string number, name;
  std::string county;   // Code; empty when it is not known.
  std::string licence;  // County and store number.
};

struct Line {
  uint32_t item = 0;  // Place in Sales::items.
  int32_t bottles = 0;
};

struct Invoice {
  std::string number;
  uint32_t store = 0;  // Place in Sales::stores.
  std::vector<Line> lines;
  int64_t Bottles() const;
};

// Only what was sold or bought is in it.
struct Sales {
  std::vector<County> counties;  // By code.
  std::vector<Category> categories;
  std::vector<Item> items;
  std::vector<Store> stores;
  std::map<Date, std::vector<Invoice>> days;
};

// NotFound when a file is missing, InvalidArgument with file and row when one is not as described.
absl::StatusOr<Sales> ReadSales(const std::string& folder);

}  // namespace sanyuan::ctl::iowa

#endif  // SANYUAN_SERVICES_SANYUANCTL_IOWA_SALES_H_
