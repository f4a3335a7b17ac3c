// The folded state of allocation: a few tables of compact rows, changed by the events of allocation.journal.
// What an API can return is business content; cursors, timers and what a run has set aside are internal.
// Quantities are whole cartons. No row holds a lower limit, and no agreement or allowance a SKU (R87, R91, R92).
// Thread safety: as state::Store. Long because it is one list: every row and table, to be read together.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_STATE_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_STATE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/state/table.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "services/allocation/domain/calendar.h"
#include "services/allocation/domain/maths/bands.h"
#include "services/allocation/domain/maths/ranges.h"
#include "services/allocation/domain/maths/water_filling.h"

namespace sanyuan::allocation {

struct NoRow {
  static void Fields(auto& /*self*/, auto&& visit) { visit(); }
};

// ---- Copies of what other contexts decided.
struct LicenceKey {
  County county = 0;
  Code licence;
  auto operator<=>(const LicenceKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence); }
};
struct Retailer {
  bool active = false;
  v1::BusinessScale scale = v1::BUSINESS_SCALE_UNSPECIFIED;
  int32_t grade = 0;
  std::string ration_class;
  bool large = false;
  bool operator==(const Retailer&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.scale, self.grade, self.ration_class, self.large);
  }
};

struct SkuKey {
  Code sku;
  auto operator<=>(const SkuKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.sku); }
};
struct SkuInfo {
  std::vector<std::pair<DayNumber, std::string>> classes;  // Ascending by the day that each counts from.
  static void Fields(auto& self, auto&& visit) { visit(self.classes); }
};

struct PolicyKey {
  std::string prefix;
  int64_t effective_from_us = 0;
  std::string version;
  auto operator<=>(const PolicyKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.prefix, self.effective_from_us, self.version); }
};
struct Policy {
  struct Season {
    DayNumber from = 0;
    DayNumber to = 0;
    int64_t weight = 0;
    static void Fields(auto& self, auto&& visit) { visit(self.from, self.to, self.weight); }
  };
  struct Ratio {
    std::string price_class;
    int64_t min_bp = 0;
    int64_t max_bp = 0;
    static void Fields(auto& self, auto&& visit) { visit(self.price_class, self.min_bp, self.max_bp); }
  };
  struct Weight {
    int32_t from_grade = 0;
    int32_t to_grade = 0;
    int32_t weight = 1;
    static void Fields(auto& self, auto&& visit) { visit(self.from_grade, self.to_grade, self.weight); }
  };
  std::string version;
  FloatTable floats;
  int64_t small_least = 1;
  int32_t agreement_max_months = 6;
  int32_t proposal_lapse_days = 10;
  int32_t provisional_months = 1;
  int32_t evidence_months = 6;
  int64_t step_above = 50;
  int64_t step = 5;
  int64_t agreement_max = 100'000;
  int64_t pacing_slack_bp = 1'000;
  std::vector<Season> seasons;
  int64_t reserve_bp = 500;
  std::vector<Ratio> ratios;
  int64_t ratio_least_demand = 50;
  FillRule fill;
  std::vector<Weight> weights;
  int64_t publish_lead_minutes = 0;
  static void Fields(auto& self, auto&& visit) {
    visit(self.version, self.floats.large_basis_points, self.floats.medium_basis_points,
          self.floats.small_basis_points, self.small_least, self.agreement_max_months,
          self.proposal_lapse_days, self.provisional_months, self.evidence_months, self.step_above, self.step,
          self.agreement_max, self.pacing_slack_bp, self.seasons, self.reserve_bp, self.ratios,
          self.ratio_least_demand, self.fill.divisor, self.fill.min_one, self.weights,
          self.publish_lead_minutes);
  }
};

struct Window {
  int32_t occurrence = 0;
  int32_t occurrences = 0;
  absl::Time opens_at;
  bool opened = false;
  bool floating = false;
  std::string policy_version;
  std::string tight_list_version;
  std::string ration_version;
  static void Fields(auto& self, auto&& visit) {
    visit(self.occurrence, self.occurrences, self.opens_at, self.opened, self.floating, self.policy_version,
          self.tight_list_version, self.ration_version);
  }
};

// ---- Agreements and allowances.
struct IdKey {
  County county = 0;
  std::string id;
  auto operator<=>(const IdKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.id); }
};
struct LicenceIdKey {
  County county = 0;
  Code licence;
  std::string id;
  auto operator<=>(const LicenceIdKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence, self.id); }
};
struct Evidence {
  std::vector<int64_t> ordered;
  bool new_retailer = false;
  std::optional<int64_t> last_year;
  std::optional<int64_t> reported;
  std::optional<int64_t> capacity;
  std::string policy_version;
  static void Fields(auto& self, auto&& visit) {
    visit(self.ordered, self.new_retailer, self.last_year, self.reported, self.capacity, self.policy_version);
  }
};
struct Agreement {
  struct Approval {
    common::v1::Role role = common::v1::ROLE_UNSPECIFIED;
    std::string staff_id;
    absl::Time at;
    static void Fields(auto& self, auto&& visit) { visit(self.role, self.staff_id, self.at); }
  };
  Code licence;
  int64_t total = 0;
  MonthIndex from = 0;
  MonthIndex to = 0;
  v1::AgreementState state = v1::AGREEMENT_STATE_DRAFT;
  int32_t carried_months = 0;
  Evidence evidence;
  std::string proposed_by;
  absl::Time proposed_at;
  absl::Time lapses_at;
  v1::ConsentMethod consent_method = v1::CONSENT_METHOD_UNSPECIFIED;
  std::string consent_proof;
  std::string consent_by;
  absl::Time consent_at;
  int64_t countered = 0;
  std::vector<Approval> approvals;
  std::string note;
  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.total, self.from, self.to, self.state, self.carried_months, self.evidence,
          self.proposed_by, self.proposed_at, self.lapses_at, self.consent_method, self.consent_proof,
          self.consent_by, self.consent_at, self.countered, self.approvals, self.note);
  }
};

struct MonthKey {
  County county = 0;
  MonthIndex month = 0;
  auto operator<=>(const MonthKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.month); }
};
struct Month {
  v1::MonthState state = v1::MONTH_STATE_OPENING;
  int32_t occurrences = 0;
  std::string policy_version;
  int64_t reserve_bp = 0;
  int64_t licences = 0;
  int64_t agreed = 0;
  int64_t ceiling = 0;
  int64_t relief = 0;
  static void Fields(auto& self, auto&& visit) {
    visit(self.state, self.occurrences, self.policy_version, self.reserve_bp, self.licences, self.agreed,
          self.ceiling, self.relief);
  }
};
struct AllowanceKey {
  County county = 0;
  MonthIndex month = 0;
  Code licence;
  auto operator<=>(const AllowanceKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.month, self.licence); }
};
struct Allowance {
  std::string agreement_id;
  int64_t agreed = 0;
  v1::BusinessScale scale = v1::BUSINESS_SCALE_UNSPECIFIED;
  int64_t float_bp = 0;
  int64_t ceiling = 0;
  std::vector<int64_t> pacing;
  std::string policy_version;
  static void Fields(auto& self, auto&& visit) {
    visit(self.agreement_id, self.agreed, self.scale, self.float_bp, self.ceiling, self.pacing,
          self.policy_version);
  }
};
struct Adjustment {
  Code licence;
  MonthIndex month = 0;
  v1::AdjustmentKind kind = v1::ADJUSTMENT_KIND_UNSPECIFIED;
  int64_t cartons = 0;
  std::string why;
  v1::AdjustmentState state = v1::ADJUSTMENT_STATE_PROPOSED;
  std::string proposed_by;
  std::string approved_by;
  absl::Time approved_at;
  static void Fields(auto& self, auto&& visit) {
    visit(self.licence, self.month, self.kind, self.cartons, self.why, self.state, self.proposed_by,
          self.approved_by, self.approved_at);
  }
};

// ---- Tight lists, rations, supply, the lottery.
struct VersionKey {
  County county = 0;
  int64_t number = 0;
  auto operator<=>(const VersionKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.number); }
};
struct TightList {
  absl::Time effective_from;
  std::vector<Code> skus;  // Ascending.
  static void Fields(auto& self, auto&& visit) { visit(self.effective_from, self.skus); }
};
struct RationTable {
  struct Cap {
    Code sku;
    std::string ration_class;
    int64_t cartons = 0;
    static void Fields(auto& self, auto&& visit) { visit(self.sku, self.ration_class, self.cartons); }
  };
  absl::Time effective_from;
  std::vector<Cap> caps;  // By SKU and class.
  static void Fields(auto& self, auto&& visit) { visit(self.effective_from, self.caps); }
};

struct SupplyKey {
  County county = 0;
  MonthIndex month = 0;
  Code sku;
  auto operator<=>(const SupplyKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.month, self.sku); }
};
// confirmed = reserve() + unreleased() + released.
struct Supply {
  int64_t confirmed = 0;
  int64_t kept_back = 0;  // The reserve that follows from what was confirmed.
  int64_t left_over = 0;  // What windows gave back to the reserve.
  int64_t released = 0;   // To windows, less what they gave back.
  int64_t planned = 0;    // For windows, and not approved yet.
  int64_t reserve() const { return kept_back + left_over; }
  int64_t unreleased() const { return confirmed - reserve() - released; }
  static void Fields(auto& self, auto&& visit) {
    visit(self.confirmed, self.kept_back, self.left_over, self.released, self.planned);
  }
};
struct WindowSkuKey {
  County county = 0;
  DayNumber day = 0;
  int32_t number = 0;
  Code sku;
  WindowSkuKey() = default;
  WindowSkuKey(const WindowKey& window, Code code)
      : county(window.county), day(window.day), number(window.number), sku(code) {}
  WindowKey window() const { return {county, day, number}; }
  auto operator<=>(const WindowSkuKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.day, self.number, self.sku); }
};
// released = free + offered + taken + rolled.
struct WindowSupply {
  int64_t planned = 0;
  int64_t released = 0;
  int64_t free = 0;
  int64_t offered = 0;
  int64_t taken = 0;
  int64_t rolled = 0;
  // What lines of the window could still take. Above 0 together with `free`: a compensating run has work.
  int64_t waiting = 0;
  static void Fields(auto& self, auto&& visit) {
    visit(self.planned, self.released, self.free, self.offered, self.taken, self.rolled, self.waiting);
  }
};
struct Release {
  v1::SupplyMode mode = v1::SUPPLY_MODE_UNSPECIFIED;
  std::string planned_by;
  std::string approved_by;
  bool complete = false;
  static void Fields(auto& self, auto&& visit) {
    visit(self.mode, self.planned_by, self.approved_by, self.complete);
  }
};
struct TieKeySecret {
  Digest hash;
  std::string secret;
  bool late = false;
  static void Fields(auto& self, auto&& visit) { visit(self.hash, self.secret, self.late); }
};

// ---- Runs. See run.h for their life and run_result.h for the rows of retailers.
struct SkuSum {
  Code sku;
  std::string price_class;
  int64_t supply = 0;
  int64_t requested = 0;
  int64_t within_caps = 0;
  int64_t offered = 0;
  int64_t lines = 0;
  int64_t lines_cut = 0;
  static void Fields(auto& self, auto&& visit) {
    visit(self.sku, self.price_class, self.supply, self.requested, self.within_caps, self.offered, self.lines,
          self.lines_cut);
  }
};
// Only of SKUs that somebody did not get in full.
struct SkuLevel {
  Code sku;
  v1::LineRule rule = v1::LINE_RULE_UNSPECIFIED;
  Level level;
  static void Fields(auto& self, auto&& visit) {
    visit(self.sku, self.rule, self.level.rule.divisor, self.level.rule.min_one, self.level.limited,
          self.level.numerator, self.level.denominator, self.level.cut_off);
  }
};
struct Run {
  v1::RunKind kind = v1::RUN_KIND_WINDOW;
  v1::RunState state = v1::RUN_STATE_SCHEDULED;
  common::v1::Reason held_reason = common::v1::REASON_UNSPECIFIED;
  std::string held_detail;
  Digest input_digest;
  std::string algorithm;
  std::string policy_version;
  std::string tight_list_version;
  std::string ration_version;
  FillRule fill;
  int64_t retailers = 0;
  int64_t lines = 0;
  absl::Time published_at = absl::UnixEpoch();
  std::vector<SkuSum> sums;      // By SKU.
  std::vector<SkuLevel> levels;  // By SKU.
  static void Fields(auto& self, auto&& visit) {
    visit(self.kind, self.state, self.held_reason, self.held_detail, self.input_digest, self.algorithm,
          self.policy_version, self.tight_list_version, self.ration_version, self.fill.divisor,
          self.fill.min_one, self.retailers, self.lines, self.published_at, self.sums, self.levels);
  }
};
// How far a run is. Who is interrupted and how often must not show in business rows, so it stands here.
struct RunProgress {
  uint32_t attempt = 0;
  uint32_t failures = 0;
  uint32_t input_pages_expected = 0;
  uint32_t input_pages = 0;
  bool input_complete = false;
  Digest input_digest;         // Over the input pages so far.
  std::vector<int64_t> asked;  // Of each SKU of the window, by place.
  std::vector<uint64_t> page_heights;
  std::vector<std::pair<Code, int64_t>> supply;  // Set aside by RunStarted; by SKU.
  Digest secret_hash;
  static void Fields(auto& self, auto&& visit) {
    visit(self.attempt, self.failures, self.input_pages_expected, self.input_pages, self.input_complete,
          self.input_digest, self.asked, self.page_heights, self.supply, self.secret_hash);
  }
};
// The SKUs of a window; rows of its runs name them by place.
struct WindowSkus {
  std::vector<Code> skus;
  static void Fields(auto& self, auto&& visit) { visit(self.skus); }
};
struct RunLicenceKey {
  County county = 0;
  DayNumber day = 0;
  int32_t number = 0;
  int32_t sequence = 0;
  Code licence;
  RunLicenceKey() = default;
  RunLicenceKey(const RunKey& run, Code shop)
      : county(run.county), day(run.day), number(run.number), sequence(run.sequence), licence(shop) {}
  RunKey run() const { return RunKey(WindowKey{county, day, number}, sequence); }
  auto operator<=>(const RunLicenceKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.day, self.number, self.sequence, self.licence);
  }
};
struct RunInput {
  struct Line {
    uint16_t sku = 0;
    uint16_t line = 0;
    int32_t requested = 0;
    static void Fields(auto& self, auto&& visit) { visit(self.sku, self.line, self.requested); }
  };
  struct Order {
    std::string id;
    std::vector<Line> lines;
    static void Fields(auto& self, auto&& visit) { visit(self.id, self.lines); }
  };
  std::string ration_class;
  int32_t grade = 0;
  std::vector<Order> orders;
  std::vector<std::pair<uint16_t, int32_t>> held;  // Of compensating runs, by SKU.
  static void Fields(auto& self, auto&& visit) {
    visit(self.ration_class, self.grade, self.orders, self.held);
  }
};
struct RunResult {
  struct Line {
    uint16_t sku = 0;
    uint16_t line = 0;
    int32_t requested = 0;
    int32_t offered = 0;
    int32_t taken = kUnanswered;
    // In the window's run: held of all runs together, offered or taken.
    int32_t held = 0;
    int32_t cap = kNoCap;
    static void Fields(auto& self, auto&& visit) {
      visit(self.sku, self.line, self.requested, self.offered, self.taken, self.held, self.cap);
    }
  };
  // What only few lines have: several lines of one SKU, a say of the tie key, a compensating run.
  struct Detail {
    uint16_t line = 0;
    int32_t shop_requested = 0;
    int32_t shop_before = 0;
    int32_t shop_held = 0;
    bool tied = false;
    Digest tie_key;
    static void Fields(auto& self, auto&& visit) {
      visit(self.line, self.shop_requested, self.shop_before, self.shop_held, self.tied, self.tie_key);
    }
  };
  struct Order {
    std::string id;
    std::vector<Line> lines;      // By line number.
    std::vector<Detail> details;  // By line number.
    std::vector<std::pair<uint16_t, int32_t>>
        can_take;  // In the window's run: what returned lines still can.
    static void Fields(auto& self, auto&& visit) { visit(self.id, self.lines, self.details, self.can_take); }
  };
  static constexpr int32_t kUnanswered = -1;
  static constexpr int32_t kNoCap = -1;
  std::string ration_class;
  int32_t grade = 0;
  int32_t weight = 1;
  std::vector<Order> orders;
  static void Fields(auto& self, auto&& visit) {
    visit(self.ration_class, self.grade, self.weight, self.orders);
  }
};

// ---- Timers.
enum class TimerKind : uint8_t {
  kAgreement = 1,
  kOpenMonth = 2,
  kOpeningPage = 3,
  kCompensate = 4,
  kCloseWindow = 5
};
struct TimerKey {
  int64_t due_us = 0;
  TimerKind kind = TimerKind::kAgreement;
  County owner = 0;  // Not `county`: timers are of no county's business.
  std::string id;
  auto operator<=>(const TimerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.due_us, self.kind, self.owner, self.id); }
};
struct DueAt {
  int64_t compensate_us = 0;  // 0: not set.
  int64_t close_us = 0;
  static void Fields(auto& self, auto&& visit) { visit(self.compensate_us, self.close_us); }
};
// Where the paged opening of a month stands: the last licence that was looked at.
struct Opening {
  Code licence;
  int64_t due_us = 0;
  static void Fields(auto& self, auto&& visit) { visit(self.licence, self.due_us); }
};
// When a month opens by itself.
struct OpenAt {
  int64_t due_us = 0;
  int32_t occurrences = 0;
  static void Fields(auto& self, auto&& visit) { visit(self.due_us, self.occurrences); }
};

struct State : state::Store {
  State();

  template <typename Key, typename Row>
  using Table = state::Table<Key, Row>;
  static constexpr auto kBusiness = state::Content::kBusiness;
  static constexpr auto kInternal = state::Content::kInternal;

  Table<LicenceKey, Retailer> retailers{*this, "retailers", kInternal};
  Table<SkuKey, SkuInfo> skus{*this, "skus", kInternal};
  Table<PolicyKey, Policy> policies{*this, "policies", kInternal};
  Table<WindowKey, Window> windows{*this, "windows", kInternal};
  Table<IdKey, Agreement> agreements{*this, "agreements", kBusiness};
  Table<LicenceIdKey, NoRow> agreements_of{*this, "agreements_of", kInternal};
  Table<MonthKey, Month> months{*this, "months", kBusiness};
  Table<MonthKey, Opening> openings{*this, "openings", kInternal};
  Table<MonthKey, OpenAt> open_at{*this, "open_at", kInternal};
  Table<AllowanceKey, Allowance> allowances{*this, "allowances", kBusiness};
  Table<IdKey, Adjustment> adjustments{*this, "adjustments", kBusiness};
  Table<VersionKey, TightList> tight_lists{*this, "tight_lists", kBusiness};
  Table<VersionKey, RationTable> rations{*this, "rations", kBusiness};
  Table<SupplyKey, Supply> supplies{*this, "supplies", kBusiness};
  Table<WindowSkuKey, WindowSupply> window_supplies{*this, "window_supplies", kBusiness};
  Table<WindowKey, Release> releases{*this, "releases", kBusiness};
  Table<WindowKey, TieKeySecret> tie_keys{*this, "tie_keys", kBusiness};
  Table<RunKey, Run> runs{*this, "runs", kBusiness};
  Table<RunKey, RunProgress> progress{*this, "progress", kInternal};
  // Runs that have work to do or wait for something; not held, published or closed ones.
  Table<RunKey, NoRow> active_runs{*this, "active_runs", kInternal};
  Table<WindowKey, WindowSkus> window_skus{*this, "window_skus", kBusiness};
  Table<RunLicenceKey, RunInput> inputs{*this, "inputs", kInternal};
  Table<RunLicenceKey, RunResult> results{*this, "results", kBusiness};
  Table<TimerKey, NoRow> timers{*this, "timers", kInternal};
  Table<WindowKey, DueAt> window_timers{*this, "window_timers", kInternal};
};

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_STATE_H_
