// Rows of the folded state: clues, and what was copied from the registry.
// What people work on (a clue, an inspection, a ticket) is kept as the message that queries show: a county has
// some hundred of them a month, so compactness matters less than having one form of each.
// Plain values, any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_ROWS_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_ROWS_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/clock/business_time.h"
#include "common/state/code.h"
#include "sanyuan/common/v1/access.pb.h"

namespace sanyuan::three_member_interaction {

// A message that never changes in place, so that versions of a row share it. Messages here have no maps: equal
// ones have equal bytes.
template <typename M>
class MessageRow {
 public:
  MessageRow() : message_(std::make_shared<const M>()) {}
  explicit MessageRow(M message) : message_(std::make_shared<const M>(std::move(message))) {}

  const M& get() const { return *message_; }

  static void Fields(auto& self, auto&& visit) {
    std::string bytes = self.message_->SerializeAsString();
    visit(bytes);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(self)>>) {
      M read;
      // What can't be read stays empty; the digest of the loaded state then tells.
      if (read.ParseFromString(bytes)) self.message_ = std::make_shared<const M>(std::move(read));
    }
  }

 private:
  std::shared_ptr<const M> message_;
};

// A clue, inspection or ticket: ids begin with their county.
struct ThingKey {
  County county = 0;
  std::string id;

  auto operator<=>(const ThingKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.id); }
};

// Rows without content: the key is all.
struct Present {
  static void Fields(auto& /*self*/, auto&& /*visit*/) {}
};

struct DuplicateKey {
  County county = 0;
  std::string original;
  std::string duplicate;

  auto operator<=>(const DuplicateKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.original, self.duplicate); }
};

// A shop that a squad inspects in a month.
struct PlannedShopKey {
  County county = 0;
  int32_t month = 0;  // Day number of its first day (MonthNumber).
  Code licence;
  std::string inspection;

  auto operator<=>(const PlannedShopKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.month, self.licence, self.inspection);
  }
};
inline int32_t MonthNumber(Date date) { return DayNumber(Date(date.year(), date.month(), 1)); }

enum class Thing : int32_t { kClue = 1, kInspection = 2, kTicket = 3, kPlan = 4 };

// Each thing has one timer at most: what comes due next of it (NextTimerOf).
struct TimerKey {
  int64_t due_us = 0;  // Microseconds since the epoch.
  County county = 0;
  Thing thing = Thing::kClue;
  std::string id;

  auto operator<=>(const TimerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.due_us, self.county, self.thing, self.id); }
};

struct CodeKey {
  County county = 0;
  Code code;

  auto operator<=>(const CodeKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.code); }
};

struct Place {
  int32_t latitude_e6 = 0;
  int32_t longitude_e6 = 0;

  bool operator==(const Place&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.latitude_e6, self.longitude_e6); }
};

struct Retailer {
  bool active = false;
  Code route;
  Code account_manager;
  std::optional<Place> place;
  bool key_shop = false;

  bool operator==(const Retailer&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.route, self.account_manager, self.place, self.key_shop);
  }
};

struct Staff {
  bool active = false;
  common::v1::Role role = common::v1::ROLE_UNSPECIFIED;
  std::string unit;
  std::vector<Code> relatives;

  bool operator==(const Staff&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.active, self.role, self.unit, self.relatives); }
};

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_ROWS_H_
