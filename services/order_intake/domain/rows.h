// Rows of what order intake owns: windows, demand, orders and their payment, the ledger of reservations.
// Amounts are whole cartons; money is fen. Plain values, free of threads.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ROWS_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ROWS_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/digest/digest.h"
#include "services/order_intake/domain/ids.h"
#include "services/order_intake/domain/limits.h"

namespace sanyuan::order_intake {

// Numbers as in sanyuan.order_intake.v1; never changed.
enum class WindowState : uint8_t { kScheduled = 1, kOpen = 2, kLocking = 3, kClosed = 4 };
enum class OrderState : uint8_t {
  kSubmitted = 1,
  kCancelled = 2,
  kLocked = 3,
  kAllocated = 4,
  kPartAllocated = 5,
  kNotAllocated = 6,
  kPaid = 7,
  kPaymentFailed = 8,
  kVoid = 9,
};
enum class DebitState : uint8_t { kDue = 1, kFailed = 2, kPaid = 3, kVoid = 4 };

// --- Windows, demand, orders -----------------------------------------------------------------------------

struct WindowSums {
  int64_t retailers = 0, orders = 0, lines = 0, requested = 0, silent = 0;
  static void Fields(auto& self, auto&& visit) {
    visit(self.retailers, self.orders, self.lines, self.requested, self.silent);
  }
};

struct Window {
  WindowState state = WindowState::kScheduled;
  int32_t occurrence = 0;
  int32_t occurrences = 0;
  absl::Time opens_at;
  absl::Time cut_off;        // Its second is still in time.
  std::vector<Code> routes;  // Sorted; none: all of the county.
  bool expected_none = false;
  // From here on: frozen when it opens.
  std::string ordering_policy;    // Empty: none in force.
  std::string allocation_policy;  // Empty: none in force, not floating.
  std::string tight_list;         // Empty: none.
  std::string ration;             // Empty: none.
  bool floating = false;
  Limits limits;
  std::optional<absl::Time> payment_deadline;  // None: payments have no deadline.
  WindowSums sums;                             // From closing on.
  static void Fields(auto& self, auto&& visit) {
    visit(self.state, self.occurrence, self.occurrences, self.opens_at, self.cut_off, self.routes,
          self.expected_none, self.ordering_policy, self.allocation_policy, self.tight_list, self.ration,
          self.floating, self.limits, self.payment_deadline, self.sums);
  }
};

// When something is next to be done about a window: opening, then closing.
struct WindowTimerKey {
  absl::Time due;
  WindowId window;
  std::strong_ordering operator<=>(const WindowTimerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.due, self.window); }
};

// How far the closing of a window has come.
struct Closing {
  Code last_locked;  // Retailers up to here are on pages.
  std::vector<uint64_t> page_heights;
  std::vector<Digest> page_digests;
  Code last_silent;  // Expected retailers up to here are recorded.
  WindowSums sums;
  static void Fields(auto& self, auto&& visit) {
    visit(self.last_locked, self.page_heights, self.page_digests, self.last_silent, self.sums);
  }
};

struct RetailerInWindow : WindowId {
  Code licence;
  auto operator<=>(const RetailerInWindow&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.order_day, self.sequence, self.licence);
  }
};

struct DemandLine {
  Code sku;
  int32_t cartons = 0;
  bool operator==(const DemandLine&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku, self.cartons); }
};

// What one retailer did in one window.
struct Participation {
  std::vector<OrderId> orders;  // In order of their ids, cancelled ones too.
  std::vector<DemandLine> demand;
  std::optional<absl::Time> demand_at;
  bool no_demand = false;  // Expected and silent when the window closed.
  static void Fields(auto& self, auto&& visit) {
    visit(self.orders, self.demand, self.demand_at, self.no_demand);
  }
};

struct Line {
  static constexpr int32_t kNothingSaid = -1;
  Code sku;
  int32_t requested = 0;
  int32_t demand = kNothingSaid;
  bool operator==(const Line&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku, self.requested, self.demand); }
};

// What became of a line when its order was shared out.
struct Settlement {
  bool settled = false;  // Its reservation is over: consumed, the rest released.
  bool freed = false;    // Taken cartons were not paid for; the line takes nothing more.
  int32_t offered = 0;
  int32_t taken = 0;
  int64_t price_fen = 0;
  int32_t returned_reason = 0;  // A common.v1.Reason.
  static void Fields(auto& self, auto&& visit) {
    visit(self.settled, self.freed, self.offered, self.taken, self.price_fen, self.returned_reason);
  }
};

struct DebitTry {
  std::string bank_reference;
  bool paid = false;
  static void Fields(auto& self, auto&& visit) { visit(self.bank_reference, self.paid); }
};

struct DebitLine {
  int32_t line = 0;
  int32_t cartons = 0;
  static void Fields(auto& self, auto&& visit) { visit(self.line, self.cartons); }
};

// One payment of what one run gave. Number n is the n-th, from 1.
struct Debit {
  DebitState state = DebitState::kDue;
  int64_t cartons = 0;
  int64_t amount_fen = 0;
  std::optional<absl::Time> deadline;
  std::string run_id;
  std::vector<DebitLine> lines;
  std::vector<DebitTry> tries;
  static void Fields(auto& self, auto&& visit) {
    visit(self.state, self.cartons, self.amount_fen, self.deadline, self.run_id, self.lines, self.tries);
  }
};

struct Order {
  Code licence;
  Day order_day = 0;  // With `sequence` the window, in the order's county.
  uint16_t sequence = 0;
  OrderState state = OrderState::kSubmitted;
  uint8_t channel = 0;  // A v1.OrderChannel.
  std::vector<Line> lines;
  std::vector<Settlement> settlements;  // One for each line once it was shared out.
  std::vector<Debit> debits;
  absl::Time submitted_at;
  absl::Time changed_at;
  std::string reference;
  int64_t Requested() const {
    int64_t sum = 0;
    for (const Line& line : lines) sum += line.requested;
    return sum;
  }
  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.order_day, self.sequence, self.state, self.channel, self.lines, self.settlements,
          self.debits, self.submitted_at, self.changed_at, self.reference);
  }
};

inline WindowId WindowOf(const OrderId& id, const Order& order) {
  return {id.county, order.order_day, order.sequence};
}

// Debits that wait for their money, by the time at which they are void.
struct UnpaidKey {
  absl::Time due;
  OrderId order;
  uint32_t debit = 0;
  std::strong_ordering operator<=>(const UnpaidKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.due, self.order, self.debit); }
};

// --- The ledger ------------------------------------------------------------------------------------------

struct AllowanceKey {
  County county = 0;
  Month month = 0;
  Code licence;
  auto operator<=>(const AllowanceKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.month, self.licence); }
};

// Sums of one retailer's month; the entries are the lines of the orders.
struct Allowance {
  int64_t ceiling = 0;
  int64_t reserved = 0;
  int64_t consumed = 0;
  std::vector<int32_t> pacing;  // Cumulative ceilings, one for each occurrence.
  std::string policy_version;
  static void Fields(auto& self, auto&& visit) {
    visit(self.ceiling, self.reserved, self.consumed, self.pacing, self.policy_version);
  }
};

struct MonthKey {
  County county = 0;
  Month month = 0;
  auto operator<=>(const MonthKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.month); }
};

// --- Who tried what is forbidden -------------------------------------------------------------------------

struct Attempt {
  std::string actor;
  int32_t role = 0;
  std::string method;
  std::string licence;
  std::string device;
  absl::Time at;
  static void Fields(auto& self, auto&& visit) {
    visit(self.actor, self.role, self.method, self.licence, self.device, self.at);
  }
};

struct AttemptKey {
  County county = 0;
  std::string id;
  auto operator<=>(const AttemptKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.id); }
};

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_ROWS_H_
