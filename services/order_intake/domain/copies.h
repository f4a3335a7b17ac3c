// Rows of what order intake copies from the registry and from allocation, as far as orders are judged by it.
// Plain values, free of threads.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_COPIES_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_COPIES_H_

#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/order_intake/domain/ids.h"
#include "services/order_intake/domain/limits.h"

namespace sanyuan::order_intake {

struct Nothing {
  static void Fields(auto&, auto&&) {}
};

struct CountyKey {
  County county = 0;
  auto operator<=>(const CountyKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county); }
};

struct RetailerKey {
  County county = 0;
  Code licence;
  auto operator<=>(const RetailerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence); }
};

struct Retailer {
  bool active = false;
  bool expected = false;
  Code ration_class;  // Empty: none.
  Code route;
  Day valid_from = 0;
  Day valid_to = 0;  // 0: no end.
  bool operator==(const Retailer&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.expected, self.ration_class, self.route, self.valid_from, self.valid_to);
  }
};

struct DeviceKey {
  County county = 0;
  std::string device;
  auto operator<=>(const DeviceKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.device); }
};

struct StaffKey {
  County county = 0;
  std::string staff;
  auto operator<=>(const StaffKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.staff); }
};

struct StaffDevices {
  std::vector<std::string> devices;
  static void Fields(auto& self, auto&& visit) { visit(self.devices); }
};

// Whose device it is; several people may share one.
struct DeviceHolders {
  std::vector<std::string> staff;
  static void Fields(auto& self, auto&& visit) { visit(self.staff); }
};

struct SkuKey {
  Code sku;
  auto operator<=>(const SkuKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku); }
};

struct Sku {
  bool orderable = false;
  std::vector<std::pair<Day, int64_t>> wholesale_fen;  // Ascending by the day from which it counts.
  bool operator==(const Sku&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.orderable, self.wholesale_fen); }
};

struct PolicyKey {
  std::string county_prefix;
  absl::Time effective_from;
  std::string version;
  std::strong_ordering operator<=>(const PolicyKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county_prefix, self.effective_from, self.version);
  }
};

struct OrderingPolicy {
  Limits limits;
  int32_t payment_deadline_minute = 0;
  static void Fields(auto& self, auto&& visit) { visit(self.limits, self.payment_deadline_minute); }
};

struct VersionKey {
  County county = 0;
  std::string version;
  auto operator<=>(const VersionKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.version); }
};

struct TightList {
  int64_t ordinal = 0;  // Of two that count from the same time on, the later one does.
  absl::Time effective_from;
  std::vector<Code> skus;  // Sorted.
  static void Fields(auto& self, auto&& visit) { visit(self.ordinal, self.effective_from, self.skus); }
};

struct RationCap {
  Code sku;
  Code ration_class;
  int32_t cap = 0;
  auto operator<=>(const RationCap&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku, self.ration_class, self.cap); }
};

struct RationTable {
  int64_t ordinal = 0;
  absl::Time effective_from;
  std::vector<RationCap> caps;  // Sorted by SKU and class, one for each.
  static void Fields(auto& self, auto&& visit) { visit(self.ordinal, self.effective_from, self.caps); }
};

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_COPIES_H_
