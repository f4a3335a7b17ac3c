// The folded state of delivery tracking: what its own journal says, and nothing else. Things that a query can
// show are business tables; copies from other contexts, indexes and timers are internal.
// Amounts are whole cartons; times are server times unless they say device; dates are days since 1970.
// Thread safety: as state::Store.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STATE_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/digest/digest.h"
#include "common/geo/geometry.h"
#include "common/state/code.h"
#include "common/state/store.h"
#include "common/state/table.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/delivery_tracking/v1/receipt.pb.h"
#include "sanyuan/delivery_tracking/v1/run.pb.h"
#include "sanyuan/delivery_tracking/v1/stop.pb.h"
#include "services/delivery_tracking/domain/ids.h"
#include "services/delivery_tracking/domain/upstream_rows.h"

namespace sanyuan::delivery_tracking {

struct SkuLine {
  Code sku;
  int64_t cartons = 0;

  bool operator==(const SkuLine&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku, self.cartons); }
};

// What one debit of one order contributes to a stop.
struct OrderPart {
  std::string order_id;
  uint32_t debit_number = 0;
  std::vector<SkuLine> lines;

  static void Fields(auto& self, auto&& visit) { visit(self.order_id, self.debit_number, self.lines); }
};

struct LossRow {
  Code sku;
  int64_t cartons = 0;
  std::string case_number;

  bool operator==(const LossRow&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku, self.cartons, self.case_number); }
};

struct Run {
  v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
  bool urban = false;
  std::vector<Code> crew;
  std::string policy_version;
  absl::Time first_stop_at;
  int32_t minutes_per_stop = 0;
  int32_t stop_count = 0;
  int64_t planned_cartons = 0;
  absl::Time departed_at;  // Epoch: not yet.
  absl::Time returned_at;
  bool announced = false;
  // ReconcileRun was called: from then on every change of the ledger is judged at once.
  bool judged = false;
  std::vector<LossRow> losses;
  int32_t receipted_stops = 0;
  int32_t failed_stops = 0;
  int32_t late_stops = 0;
  // While PLANNING: the last shop that got a stop. Cleared when planning ends.
  int32_t cursor_stop_number = 0;
  Code cursor_licence;

  static void Fields(auto& self, auto&& visit) {
    visit(self.state, self.urban, self.crew, self.policy_version, self.first_stop_at, self.minutes_per_stop,
          self.stop_count, self.planned_cartons, self.departed_at, self.returned_at, self.announced,
          self.judged, self.losses, self.receipted_stops, self.failed_stops, self.late_stops,
          self.cursor_stop_number, self.cursor_licence);
  }
};

// Ledger of one SKU of one run: loaded = delivered + returned + lost.
struct RunSkuKey {
  County county = 0;
  RunKey run;
  Code sku;

  auto operator<=>(const RunSkuKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.run, self.sku); }
};
struct RunSku {
  int64_t planned = 0;
  int64_t loaded = 0;
  int64_t delivered = 0;
  int64_t returned = 0;
  int64_t lost = 0;
  v1::LoadDifferenceReason difference_reason = v1::LOAD_DIFFERENCE_REASON_UNSPECIFIED;

  int64_t carried() const { return loaded - delivered - returned - lost; }
  static void Fields(auto& self, auto&& visit) {
    visit(self.planned, self.loaded, self.delivered, self.returned, self.lost, self.difference_reason);
  }
};

// When something happened at a device, as far as it is known.
struct Moment {
  absl::Time device_time;
  std::optional<absl::Time> corrected;
  absl::Time received_at;
  v1::ClockStatus status = v1::CLOCK_STATUS_UNSPECIFIED;

  static void Fields(auto& self, auto&& visit) {
    visit(self.device_time, self.corrected, self.received_at, self.status);
  }
};

// One stretch of a device's numbering: key, installation and county (the county is in the row's key).
struct Stream {
  std::string device_key;
  std::string installation_id;

  auto operator<=>(const Stream&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.device_key, self.installation_id); }
};

struct Origin {
  Stream stream;
  uint64_t sequence = 0;
  Code staff;
  std::string boot_id;
  int64_t since_boot_us = 0;

  static void Fields(auto& self, auto&& visit) {
    visit(self.stream, self.sequence, self.staff, self.boot_id, self.since_boot_us);
  }
};

struct Arrival {
  Origin origin;  // Empty stream: established by a person.
  Moment time;
  v1::ArrivalMethod method = v1::ARRIVAL_METHOD_UNSPECIFIED;
  std::optional<int64_t> distance_m;

  static void Fields(auto& self, auto&& visit) {
    visit(self.origin, self.time, self.method, self.distance_m);
  }
};

struct Stop {
  Code licence;
  std::vector<OrderPart> orders;
  v1::StopState state = v1::STOP_STATE_PLANNED;
  absl::Time promised_at;
  absl::Time window_start;
  absl::Time window_end;
  std::optional<Arrival> arrival;
  v1::Punctuality punctuality = v1::PUNCTUALITY_UNSPECIFIED;
  int64_t late_seconds = 0;
  v1::LateReason late_reason = v1::LATE_REASON_UNSPECIFIED;
  std::optional<StopKey> redelivery_of;
  int32_t attempt = 1;
  Date redelivery_date = 0;   // 0: none agreed.
  absl::Time redelivery_due;  // Epoch: no timer runs.
  bool missed = false;
  std::vector<SkuLine> delivered;

  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.orders, self.state, self.promised_at, self.window_start, self.window_end,
          self.arrival, self.punctuality, self.late_seconds, self.late_reason, self.redelivery_of,
          self.attempt, self.redelivery_date, self.redelivery_due, self.missed, self.delivered);
  }
};

struct Proof {
  v1::ProofKind kind = v1::PROOF_KIND_UNSPECIFIED;
  v1::ProofResult result = v1::PROOF_RESULT_UNSPECIFIED;

  static void Fields(auto& self, auto&& visit) { visit(self.kind, self.result); }
};

struct Receipt {
  Code licence;
  v1::ReceiptState state = v1::RECEIPT_STATE_CAPTURED;
  v1::ReceiverKind receiver = v1::RECEIVER_KIND_UNKNOWN;
  std::string card_id;
  Digest signature;  // Zero: none.
  Digest photo;
  std::vector<Proof> proofs;
  uint32_t rules = 0;  // Bit n: SuspicionRule n was hit.
  Origin origin;
  Moment time;
  std::optional<int64_t> distance_m;
  bool at_pickup_point = false;
  absl::Time dispute_until;
  bool waiting = false;  // For earlier events of the device.
  v1::ReceiptVerdict verdict = v1::RECEIPT_VERDICT_UNSPECIFIED;
  v1::VerdictBasis basis = v1::VERDICT_BASIS_UNSPECIFIED;
  Code decided_by;
  bool closed = false;

  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.state, self.receiver, self.card_id, self.signature, self.photo, self.proofs,
          self.rules, self.origin, self.time, self.distance_m, self.at_pickup_point, self.dispute_until,
          self.waiting, self.verdict, self.basis, self.decided_by, self.closed);
  }
};

// Apart from the receipt: the keyed hash differs from deployment to deployment, the business state does not.
struct ReceiptPhone {
  std::string hash;

  static void Fields(auto& self, auto&& visit) { visit(self.hash); }
};

// Paid lines that are on no run yet.
struct PoolKey {
  County county = 0;
  Code licence;
  std::string order_id;
  uint32_t debit_number = 0;

  auto operator<=>(const PoolKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.licence, self.order_id, self.debit_number);
  }
};
struct PoolRow {
  Date order_day = 0;
  std::vector<SkuLine> lines;
  Date not_before = 0;
  std::optional<StopKey> redelivery_of;
  int32_t attempt = 1;

  static void Fields(auto& self, auto&& visit) {
    visit(self.order_day, self.lines, self.not_before, self.redelivery_of, self.attempt);
  }
};
// Where an order's part was planned, so that a void finds it.
struct PlannedOrderKey {
  County county = 0;
  std::string order_id;
  uint32_t debit_number = 0;

  auto operator<=>(const PlannedOrderKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.order_id, self.debit_number); }
};

struct StreamKey {
  County county = 0;
  Stream stream;

  auto operator<=>(const StreamKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.stream); }
};
// Sequence numbers that were taken: ranges in order, apart from each other.
struct StreamRow {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;

  static void Fields(auto& self, auto&& visit) { visit(self.ranges); }
};
// Content hashes of 64 successive events, so that a number used twice for different things is noticed.
struct HashBlockKey {
  County county = 0;
  Stream stream;
  uint64_t block = 0;

  auto operator<=>(const HashBlockKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.stream, self.block); }
};
struct HashBlock {
  std::vector<uint64_t> hashes;  // 0: not taken.
  absl::Time touched;

  static void Fields(auto& self, auto&& visit) { visit(self.hashes, self.touched); }
};
// A device's start: server time minus the device's counter, the least that was seen (a slow call only makes
// it greater).
struct BootKey {
  County county = 0;
  Stream stream;
  std::string boot_id;

  auto operator<=>(const BootKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.stream, self.boot_id); }
};
struct BootRow {
  absl::Time booted_at;

  static void Fields(auto& self, auto&& visit) { visit(self.booted_at); }
};
struct RejectedKey {
  County county = 0;
  Stream stream;
  uint64_t sequence = 0;
  uint64_t content_hash = 0;

  auto operator<=>(const RejectedKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.stream, self.sequence, self.content_hash);
  }
};
struct RejectedRow {
  std::string rejected;  // Serialized v1::RejectedDeviceEvent.

  static void Fields(auto& self, auto&& visit) { visit(self.rejected); }
};

// Rows without content: the key is all.
struct Present {
  static void Fields(auto& /*self*/, auto&& /*visit*/) {}
};

// Which receipts show the same card, phone or image: neighbours in this index (R65).
enum class ProofUse : int32_t { kCard = 1, kPhone = 2, kImage = 3 };
struct UseKey {
  County county = 0;
  ProofUse use = ProofUse::kCard;
  Digest what;
  Code licence;
  StopKey stop;

  auto operator<=>(const UseKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.use, self.what, self.licence, self.stop);
  }
};
// Receipts along a line of time: of one run by corrected time, of one start of a device by its counter.
struct MomentKey {
  County county = 0;
  std::string line;
  int64_t at_us = 0;
  StopKey stop;

  auto operator<=>(const MomentKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.line, self.at_us, self.stop); }
};
// Receipts that wait for earlier events of their device.
struct WaitingKey {
  County county = 0;
  Stream stream;
  uint64_t sequence = 0;
  StopKey stop;

  auto operator<=>(const WaitingKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.stream, self.sequence, self.stop); }
};

enum class TimerKind : int32_t {
  kPlanning = 1,       // Run: go on planning.
  kAnnounce = 2,       // Run
  kMissed = 3,         // Run
  kDayEnd = 4,         // Run
  kRedelivery = 5,     // Stop
  kDisputeEnd = 6,     // Stop
  kGiveUpWaiting = 7,  // Stop
};
struct TimerKey {
  int64_t due_us = 0;  // Microseconds since the epoch.
  County county = 0;
  TimerKind kind = TimerKind::kPlanning;
  StopKey subject;

  auto operator<=>(const TimerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.due_us, self.county, self.kind, self.subject); }
};
inline TimerKey TimerAt(absl::Time due, TimerKind kind, const StopKey& subject) {
  return {absl::ToUnixMicros(due), subject.county, kind, subject};
}

struct State : state::Store {
  State();

  state::Table<RunKey, Run> runs{*this, "runs", state::Content::kBusiness};
  state::Table<RunSkuKey, RunSku> run_skus{*this, "run_skus", state::Content::kBusiness};
  state::Table<StopKey, Stop> stops{*this, "stops", state::Content::kBusiness};
  state::Table<StopKey, Receipt> receipts{*this, "receipts", state::Content::kBusiness};
  state::Table<PoolKey, PoolRow> pool{*this, "pool", state::Content::kBusiness};
  state::Table<StreamKey, StreamRow> streams{*this, "streams", state::Content::kBusiness};
  state::Table<RejectedKey, RejectedRow> rejected{*this, "rejected", state::Content::kBusiness};

  state::Table<StopKey, ReceiptPhone> receipt_phones{*this, "receipt_phones", state::Content::kInternal};
  state::Table<PlannedOrderKey, StopKey> planned_orders{*this, "planned_orders", state::Content::kInternal};
  state::Table<HashBlockKey, HashBlock> hashes{*this, "hashes", state::Content::kInternal};
  state::Table<BootKey, BootRow> boots{*this, "boots", state::Content::kInternal};
  state::Table<UseKey, Present> uses{*this, "uses", state::Content::kInternal};
  state::Table<MomentKey, Present> moments{*this, "moments", state::Content::kInternal};
  state::Table<WaitingKey, Present> waiting{*this, "waiting", state::Content::kInternal};
  state::Table<TimerKey, Present> timers{*this, "timers", state::Content::kInternal};

  state::Table<RetailerKey, Retailer> retailers{*this, "retailers", state::Content::kInternal};
  state::Table<MemberKey, Present> members{*this, "members", state::Content::kInternal};
  state::Table<StaffKey, Staff> staff{*this, "staff", state::Content::kInternal};
  state::Table<StaffPhoneKey, Present> staff_phones{*this, "staff_phones", state::Content::kInternal};
  state::Table<DeviceKey, Present> devices{*this, "devices", state::Content::kInternal};
  state::Table<RouteKey, Route> routes{*this, "routes", state::Content::kInternal};
  state::Table<PolicyKey, Policy> policies{*this, "policies", state::Content::kInternal};
  state::Table<YearKey, CalendarYear> calendars{*this, "calendars", state::Content::kInternal};
};

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_STATE_H_
