// Ids of order intake as compact keys. Every id begins with its county.
// Plain values, free of threads.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_IDS_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_IDS_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "common/state/code.h"
#include "services/order_intake/domain/business_date.h"

namespace sanyuan::order_intake {

// "620121-20190805-1": county, order day, and a number from 1 to 99 that tells windows of one order day apart.
struct WindowId {
  County county = 0;
  Day order_day = 0;
  uint16_t sequence = 0;

  static std::optional<WindowId> Parse(std::string_view text);
  std::string Text() const;
  // Whose allowance the orders of the window use.
  Month month() const { return MonthOf(order_day); }

  auto operator<=>(const WindowId&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.order_day, self.sequence); }
};

// An id as partition::DeriveId makes it, "620121-" and 26 characters, without an allocation of its own.
struct DerivedId {
  County county = 0;
  Code head;  // 13 characters each.
  Code tail;

  static std::optional<DerivedId> Parse(std::string_view text);
  std::string Text() const;

  auto operator<=>(const DerivedId&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.head, self.tail); }
};

using OrderId = DerivedId;

// From the six digits of a request's county_code; nullopt when it is not a county.
std::optional<County> ParseCounty(std::string_view text);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_IDS_H_
