#include "services/order_intake/domain/notes.h"

#include <algorithm>
#include <optional>
#include <set>

namespace sanyuan::order_intake {
namespace {

constexpr int64_t kMostCartons = 1'000'000'000;  // Ceilings and caps: what a row can hold.

// Facts come from journals of other contexts and are believed; what can't be a row here has no use here.
std::optional<Day> OptionalDay(const std::string& text) {
  return text.empty() ? std::optional<Day>(0) : ParseDay(text);
}

std::optional<Code> OptionalCode(const std::string& text) {
  return text.empty() ? std::optional<Code>(Code()) : Code::Parse(text);
}

bool InRange(int64_t cartons) { return cartons >= 0 && cartons <= kMostCartons; }

std::optional<std::pair<RetailerKey, Retailer>> RowOf(const v1::RetailerNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto licence = Code::Parse(note.licence());
  const auto ration_class = OptionalCode(note.ration_class());
  const auto route = OptionalCode(note.route_id());
  const auto from = OptionalDay(note.valid_from());
  const auto to = OptionalDay(note.valid_to());
  if (!county || !licence || !ration_class || !route || !from || !to) return std::nullopt;
  return std::pair(RetailerKey{*county, *licence},
                   Retailer{note.active(), note.expected_to_order(), *ration_class, *route, *from, *to});
}

std::optional<std::pair<SkuKey, Sku>> RowOf(const v1::SkuNoted& note) {
  const auto code = Code::Parse(note.sku());
  if (!code) return std::nullopt;
  Sku sku;
  sku.orderable = note.orderable();
  for (const v1::SkuPrice& price : note.prices()) {
    const auto day = OptionalDay(price.valid_from());
    if (!day || price.wholesale_fen() < 0) return std::nullopt;
    sku.wholesale_fen.emplace_back(*day, price.wholesale_fen());
  }
  std::stable_sort(sku.wholesale_fen.begin(), sku.wholesale_fen.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return std::pair(SkuKey{*code}, std::move(sku));
}

std::optional<std::pair<AllowanceKey, Allowance>> RowOf(const v1::AllowanceNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto licence = Code::Parse(note.licence());
  const auto month = ParseMonth(note.month());
  if (!county || !licence || !month || !InRange(note.ceiling_cartons())) return std::nullopt;
  Allowance allowance;
  allowance.ceiling = note.ceiling_cartons();
  allowance.policy_version = note.policy_version();
  for (int64_t ceiling : note.pacing_ceilings_cartons()) {
    if (!InRange(ceiling)) return std::nullopt;
    allowance.pacing.push_back(static_cast<int32_t>(ceiling));
  }
  return std::pair(AllowanceKey{*county, *month, *licence}, std::move(allowance));
}

std::optional<std::pair<VersionKey, TightList>> RowOf(const v1::TightListNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto from = FromTimestamp(note.effective_from());
  if (!county || note.version().empty() || !from) return std::nullopt;
  TightList list{0, *from, {}};
  for (const std::string& sku : note.skus()) {
    const auto code = Code::Parse(sku);
    if (!code) return std::nullopt;
    list.skus.push_back(*code);
  }
  std::sort(list.skus.begin(), list.skus.end());
  return std::pair(VersionKey{*county, note.version()}, std::move(list));
}

std::optional<std::pair<VersionKey, RationTable>> RowOf(const v1::RationNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto from = FromTimestamp(note.effective_from());
  if (!county || note.version().empty() || !from) return std::nullopt;
  RationTable table{0, *from, {}};
  for (const v1::RationCap& cap : note.caps()) {
    const auto sku = Code::Parse(cap.sku());
    const auto ration_class = Code::Parse(cap.ration_class());
    if (!sku || !ration_class || !InRange(cap.cap_cartons())) return std::nullopt;
    table.caps.push_back({*sku, *ration_class, static_cast<int32_t>(cap.cap_cartons())});
  }
  std::sort(table.caps.begin(), table.caps.end());
  return std::pair(VersionKey{*county, note.version()}, std::move(table));
}

std::optional<PolicyKey> KeyOf(const std::string& prefix, const google::protobuf::Timestamp& from,
                               const std::string& version) {
  const auto time = FromTimestamp(from);
  if (!time || version.empty()) return std::nullopt;
  return PolicyKey{prefix, *time, version};
}

template <typename Body>
partition::EventPtr Wrap(const Body& note, Body* (v1::Event::*mutable_body)()) {
  auto [event, body] = NewEvent(mutable_body);
  *body = note;
  return std::move(event);
}

// The next place in the order in which the county's versions came.
template <typename Row>
int64_t NextOrdinal(const state::Table<VersionKey, Row>& versions, County county) {
  int64_t last = 0;
  versions.ForEachFrom({county, ""}, [&](const VersionKey& key, const Row& row) {
    if (key.county != county) return false;
    last = std::max(last, row.ordinal);
    return true;
  });
  return last + 1;
}

template <typename Row>
absl::Status FoldVersion(state::Table<VersionKey, Row>& versions,
                         std::optional<std::pair<VersionKey, Row>> row, const char* event) {
  if (!row) return Unfoldable(event, "fields");
  row->second.ordinal = NextOrdinal(versions, row->first.county);
  versions.Put(row->first, std::move(row->second));
  return absl::OkStatus();
}

// The version in force at `oldest_needed` and all later ones stay, and those that open windows name: one that was
// published later for the same moment takes their place for windows to come, not for them.
template <typename Row>
void ForgetBefore(state::Table<VersionKey, Row>& versions, County county, absl::Time oldest_needed,
                  const std::set<std::string>& named) {
  std::optional<std::pair<absl::Time, int64_t>> in_force;
  std::vector<std::pair<VersionKey, std::pair<absl::Time, int64_t>>> all;
  versions.ForEachFrom({county, ""}, [&](const VersionKey& key, const Row& row) {
    if (key.county != county) return false;
    const std::pair rank(row.effective_from, row.ordinal);
    all.emplace_back(key, rank);
    if (row.effective_from <= oldest_needed && (!in_force || rank > *in_force)) in_force = rank;
    return true;
  });
  if (!in_force) return;
  for (const auto& [key, rank] : all) {
    if (rank < *in_force && !named.contains(key.version)) versions.Erase(key);
  }
}

}  // namespace

partition::EventPtr Note(const State& state, const v1::CountyNoted& note) {
  const auto county = ParseCounty(note.county_code());
  if (!county || state.counties.Contains({*county})) return nullptr;
  return Wrap(note, &v1::Event::mutable_county_noted);
}

partition::EventPtr Note(const State& state, const v1::RetailerNoted& note) {
  const auto row = RowOf(note);
  if (!row) return nullptr;
  const Retailer* before = state.retailers.Find(row->first);
  if (before != nullptr && *before == row->second) return nullptr;
  return Wrap(note, &v1::Event::mutable_retailer_noted);
}

partition::EventPtr Note(const State& state, const v1::StaffDevicesNoted& note) {
  const auto county = ParseCounty(note.county_code());
  if (!county) return nullptr;
  const StaffDevices* before = state.staff_devices.Find({*county, note.staff_id()});
  const std::vector<std::string> devices(note.device_ids().begin(), note.device_ids().end());
  if ((before == nullptr && devices.empty()) || (before != nullptr && before->devices == devices))
    return nullptr;
  return Wrap(note, &v1::Event::mutable_staff_devices_noted);
}

partition::EventPtr Note(const State& state, const v1::SkuNoted& note) {
  const auto row = RowOf(note);
  if (!row) return nullptr;
  const Sku* before = state.skus.Find(row->first);
  if (before != nullptr && *before == row->second) return nullptr;
  return Wrap(note, &v1::Event::mutable_sku_noted);
}

partition::EventPtr Note(const State& state, const v1::OrderingPolicyNoted& note) {
  const auto key = KeyOf(note.county_prefix(), note.effective_from(), note.version());
  if (!key || state.ordering_policies.Contains(*key)) return nullptr;
  return Wrap(note, &v1::Event::mutable_ordering_policy_noted);
}

partition::EventPtr Note(const State& state, const v1::AllocationPolicyNoted& note) {
  const auto key = KeyOf(note.county_prefix(), note.effective_from(), note.version());
  if (!key || state.allocation_policies.Contains(*key)) return nullptr;
  return Wrap(note, &v1::Event::mutable_allocation_policy_noted);
}

partition::EventPtr Note(const State& state, const v1::AllowanceNoted& note) {
  const auto row = RowOf(note);
  if (!row) return nullptr;
  const Allowance* before = state.allowances.Find(row->first);
  if (before != nullptr && before->ceiling == row->second.ceiling && before->pacing == row->second.pacing &&
      before->policy_version == row->second.policy_version) {
    return nullptr;
  }
  return Wrap(note, &v1::Event::mutable_allowance_noted);
}

partition::EventPtr Note(const State& state, const v1::AllowancesCompleteNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto month = ParseMonth(note.month());
  if (!county || !month || state.allowances_complete.Contains({*county, *month})) return nullptr;
  return Wrap(note, &v1::Event::mutable_allowances_complete_noted);
}

partition::EventPtr Note(const State& state, const v1::TightListNoted& note) {
  const auto row = RowOf(note);
  if (!row || state.tight_lists.Contains(row->first)) return nullptr;
  return Wrap(note, &v1::Event::mutable_tight_list_noted);
}

partition::EventPtr Note(const State& state, const v1::RationNoted& note) {
  const auto row = RowOf(note);
  if (!row || state.rations.Contains(row->first)) return nullptr;
  return Wrap(note, &v1::Event::mutable_ration_noted);
}

absl::Status Evolve(State& state, const v1::CountyNoted& note) {
  const auto county = ParseCounty(note.county_code());
  if (!county) return Unfoldable("CountyNoted", note.county_code());
  state.counties.Mutate({*county});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::RetailerNoted& note) {
  const auto row = RowOf(note);
  if (!row) return Unfoldable("RetailerNoted", note.licence());
  state.retailers.Put(row->first, row->second);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::StaffDevicesNoted& note) {
  const auto county = ParseCounty(note.county_code());
  if (!county) return Unfoldable("StaffDevicesNoted", note.staff_id());
  const StaffKey key{*county, note.staff_id()};
  if (const StaffDevices* before = state.staff_devices.Find(key)) {
    for (const std::string& device : before->devices) {
      std::vector<std::string>& holders = state.device_holders.Mutate({*county, device}).staff;
      holders.erase(std::remove(holders.begin(), holders.end(), note.staff_id()), holders.end());
      if (holders.empty()) state.device_holders.Erase({*county, device});
    }
  }
  StaffDevices& now = state.staff_devices.Mutate(key);
  now.devices.assign(note.device_ids().begin(), note.device_ids().end());
  for (const std::string& device : now.devices) {
    std::vector<std::string>& holders = state.device_holders.Mutate({*county, device}).staff;
    const auto at = std::lower_bound(holders.begin(), holders.end(), note.staff_id());
    if (at == holders.end() || *at != note.staff_id()) holders.insert(at, note.staff_id());
  }
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::SkuNoted& note) {
  auto row = RowOf(note);
  if (!row) return Unfoldable("SkuNoted", note.sku());
  state.skus.Put(row->first, std::move(row->second));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::OrderingPolicyNoted& note) {
  const auto key = KeyOf(note.county_prefix(), note.effective_from(), note.version());
  if (!key) return Unfoldable("OrderingPolicyNoted", note.version());
  OrderingPolicy& policy = state.ordering_policies.Mutate(*key);
  policy.limits = {absl::Seconds(note.grace_seconds()), static_cast<int32_t>(note.max_lines()),
                   static_cast<int32_t>(note.max_line_cartons()),
                   static_cast<int32_t>(note.max_orders_per_window()),
                   static_cast<int32_t>(note.payment_tries())};
  policy.payment_deadline_minute = static_cast<int32_t>(note.payment_deadline_minute());
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllocationPolicyNoted& note) {
  const auto key = KeyOf(note.county_prefix(), note.effective_from(), note.version());
  if (!key) return Unfoldable("AllocationPolicyNoted", note.version());
  state.allocation_policies.Mutate(*key);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllowanceNoted& note) {
  auto row = RowOf(note);
  if (!row) return Unfoldable("AllowanceNoted", note.licence());
  Allowance& allowance = state.allowances.Mutate(row->first);
  allowance.ceiling = row->second.ceiling;
  allowance.pacing = std::move(row->second.pacing);
  allowance.policy_version = std::move(row->second.policy_version);
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::AllowancesCompleteNoted& note) {
  const auto county = ParseCounty(note.county_code());
  const auto month = ParseMonth(note.month());
  if (!county || !month) return Unfoldable("AllowancesCompleteNoted", note.month());
  state.allowances_complete.Mutate({*county, *month});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::TightListNoted& note) {
  return FoldVersion(state.tight_lists, RowOf(note), "TightListNoted");
}

absl::Status Evolve(State& state, const v1::RationNoted& note) {
  return FoldVersion(state.rations, RowOf(note), "RationNoted");
}

void ForgetOldVersions(State& state, County county, absl::Time now) {
  absl::Time oldest = now;
  std::set<std::string> tight_lists, rations;
  state.windows.ForEachFrom(WindowId{county, 0, 0}, [&](const WindowId& id, const Window& window) {
    if (id.county != county) return false;
    if (window.state == WindowState::kClosed) return true;
    oldest = std::min(oldest, window.opens_at);
    tight_lists.insert(window.tight_list);
    rations.insert(window.ration);
    return true;
  });
  ForgetBefore(state.tight_lists, county, oldest, tight_lists);
  ForgetBefore(state.rations, county, oldest, rations);
}

}  // namespace sanyuan::order_intake
