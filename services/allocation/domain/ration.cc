#include "services/allocation/domain/ration.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/allocation/domain/policy.h"

namespace sanyuan::allocation {
namespace {

constexpr int kMaxTightSkus = 2'000;
constexpr int kMaxRations = 5'000;
constexpr size_t kMaxClassLength = 40;

// The newest row of a table of versions; nullptr when there is none.
template <typename Table>
auto Newest(const Table& table, County county, VersionKey& key) {
  decltype(table.Find(key)) newest = nullptr;
  table.ForEachFrom({county, INT64_MIN}, [&](const VersionKey& place, const auto& row) {
    if (place.county != county) return false;
    key = place;
    newest = &row;
    return true;
  });
  return newest;
}

std::optional<int64_t> NumberOf(const std::string& version, const std::string& prefix) {
  if (version.size() <= prefix.size() || version.size() > prefix.size() + 12 ||
      version.compare(0, prefix.size(), prefix) != 0) {
    return std::nullopt;
  }
  int64_t number = 0;
  for (char c : version.substr(prefix.size())) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string TightPrefix(County county) { return CountyText(county) + "-tight-"; }
std::string RationPrefix(County county) { return CountyText(county) + "-ration-"; }

// From when on a publication counts; refuses what would come into a window that is open already.
template <typename Request>
std::optional<absl::Time> EffectiveFrom(const State& state, Refusals& refusals, const Request& request,
                                        std::optional<County> county, const Stamp& stamp) {
  if (!county) return std::nullopt;
  const Policy* policy = PolicyAt(state, *county, stamp.decided_at);
  const absl::Time earliest =
      stamp.decided_at + absl::Minutes(policy == nullptr ? 0 : policy->publish_lead_minutes);
  std::optional<absl::Time> from = earliest;
  std::string field = "effective_from";
  if (!request.window_id().empty()) {
    field = "window_id";
    const auto window = WindowField(refusals, field, request.window_id(), county);
    if (!window) return std::nullopt;
    const Window* row = state.windows.Find(*window);
    if (row == nullptr) {
      Refuse(refusals, common::v1::REASON_WINDOW_UNKNOWN, field, request.window_id());
      return std::nullopt;
    }
    if (row->opened) {
      Refuse(refusals, common::v1::REASON_TIGHT_LIST_LATE, field, request.window_id());
      return std::nullopt;
    }
    from = row->opens_at;
  } else if (request.has_effective_from()) {
    from = CheckedTime(request.effective_from());
    if (!from) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, field);
      return std::nullopt;
    }
  }
  if (*from < earliest) {
    Refuse(refusals, common::v1::REASON_TIGHT_LIST_LATE, field, absl::ToUnixSeconds(earliest),
           absl::ToUnixSeconds(*from));
  }
  return from;
}

void CheckNotBefore(Refusals& refusals, absl::Time from, absl::Time newest) {
  if (from >= newest) return;
  Refuse(refusals, common::v1::REASON_NOT_EFFECTIVE, "effective_from", absl::ToUnixSeconds(newest),
         absl::ToUnixSeconds(from));
}

// The list that counts from `time` on, among all published.
const TightList* TightAt(const State& state, County county, absl::Time time) {
  const TightList* found = nullptr;
  state.tight_lists.ForEachFrom({county, INT64_MIN}, [&](const VersionKey& key, const TightList& row) {
    if (key.county != county) return false;
    if (row.effective_from <= time) found = &row;
    return true;
  });
  return found;
}

}  // namespace

Outcome DecidePublishTightList(const State& state, const v1::PublishTightListRequest& request,
                               const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto from = EffectiveFrom(state, outcome.refusals, request, county, stamp);
  if (request.skus_size() > kMaxTightSkus) {
    Refuse(outcome.refusals, common::v1::REASON_TOO_LARGE, "skus", kMaxTightSkus, request.skus_size());
    return outcome;
  }
  std::vector<Code> skus;
  for (int i = 0; i < request.skus_size(); ++i) {
    const std::string field = fmt::format("skus[{}]", i);
    const auto sku = SkuField(outcome.refusals, field, request.skus(i));
    if (!sku) continue;
    if (!state.skus.Contains({*sku}))
      Refuse(outcome.refusals, common::v1::REASON_SKU_UNKNOWN, field, sku->str());
    skus.push_back(*sku);
  }
  std::sort(skus.begin(), skus.end());
  skus.erase(std::unique(skus.begin(), skus.end()), skus.end());
  VersionKey key;
  const TightList* newest = county ? Newest(state.tight_lists, *county, key) : nullptr;
  if (newest != nullptr && from) CheckNotBefore(outcome.refusals, *from, newest->effective_from);
  if (outcome.refused()) return outcome;

  auto& response = Respond<v1::PublishTightListResponse>(outcome);
  if (newest != nullptr && newest->skus == skus && newest->effective_from == *from) {
    response.set_version(TightListVersion(key));
    return outcome;
  }
  response.set_version(TightListVersion({*county, key.number + 1}));
  auto* event = AddEvent(outcome).mutable_tight_list_published();
  event->set_county_code(request.county_code());
  event->set_version(response.version());
  SetTime(*from, event->mutable_effective_from());
  for (Code sku : skus) event->add_skus(sku.str());
  return outcome;
}

Outcome DecidePublishRations(const State& state, const v1::PublishRationsRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto from = EffectiveFrom(state, outcome.refusals, request, county, stamp);
  if (request.rations_size() > kMaxRations) {
    Refuse(outcome.refusals, common::v1::REASON_TOO_LARGE, "rations", kMaxRations, request.rations_size());
    return outcome;
  }
  const TightList* tight = county && from ? TightAt(state, *county, *from) : nullptr;
  std::map<std::pair<Code, std::string>, int64_t> caps;
  for (int i = 0; i < request.rations_size(); ++i) {
    const v1::Ration& ration = request.rations(i);
    const std::string field = fmt::format("rations[{}].", i);
    const auto sku = SkuField(outcome.refusals, field + "sku", ration.sku());
    if (ration.ration_class().empty() || ration.ration_class().size() > kMaxClassLength) {
      Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, field + "ration_class");
    }
    InRange(outcome.refusals, field + "cap_cartons", ration.cap_cartons(), 0, kMaxRequestCartons);
    if (!sku) continue;
    if (from && (tight == nullptr || !std::binary_search(tight->skus.begin(), tight->skus.end(), *sku))) {
      Refuse(outcome.refusals, common::v1::REASON_NOT_TIGHT, field + "sku", sku->str());
    }
    if (!caps.emplace(std::pair(*sku, ration.ration_class()), ration.cap_cartons()).second) {
      Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, field + "ration_class", "named twice");
    }
  }
  VersionKey key;
  const RationTable* newest = county ? Newest(state.rations, *county, key) : nullptr;
  if (newest != nullptr && from) CheckNotBefore(outcome.refusals, *from, newest->effective_from);
  if (outcome.refused()) return outcome;

  auto& response = Respond<v1::PublishRationsResponse>(outcome);
  response.set_version(RationVersion({*county, key.number + 1}));
  auto* event = AddEvent(outcome).mutable_reasonable_ration_published();
  event->set_county_code(request.county_code());
  event->set_version(response.version());
  SetTime(*from, event->mutable_effective_from());
  for (const auto& [place, cap] : caps) {
    v1::Ration& ration = *event->add_rations();
    ration.set_sku(place.first.str());
    ration.set_ration_class(place.second);
    ration.set_cap_cartons(cap);
  }
  return outcome;
}

std::string TightListVersion(const VersionKey& key) {
  return TightPrefix(key.county) + std::to_string(key.number);
}
std::string RationVersion(const VersionKey& key) {
  return RationPrefix(key.county) + std::to_string(key.number);
}

const TightList* TightListNamed(const State& state, County county, const std::string& version) {
  const auto number = NumberOf(version, TightPrefix(county));
  return number ? state.tight_lists.Find({county, *number}) : nullptr;
}

const RationTable* RationsNamed(const State& state, County county, const std::string& version) {
  const auto number = NumberOf(version, RationPrefix(county));
  return number ? state.rations.Find({county, *number}) : nullptr;
}

Caps::Caps(const State& state, County county, const std::string& tight_list_version,
           const std::string& ration_version) {
  const TightList* tight = TightListNamed(state, county, tight_list_version);
  const RationTable* table = RationsNamed(state, county, ration_version);
  if (tight == nullptr || table == nullptr) return;
  for (const RationTable::Cap& cap : table->caps) {
    if (std::binary_search(tight->skus.begin(), tight->skus.end(), cap.sku)) {
      caps_[{cap.sku, cap.ration_class}] = cap.cartons;
    }
  }
}

std::optional<int64_t> Caps::Of(Code sku, const std::string& ration_class) const {
  if (caps_.empty()) return std::nullopt;
  const auto it = caps_.find({sku, ration_class});
  return it == caps_.end() ? std::nullopt : std::optional(it->second);
}

absl::Status Evolve(State& state, const v1::TightListPublished& event, const Stamp& /*stamp*/) {
  const auto county = CountyOfId(event.county_code());
  const auto number = county ? NumberOf(event.version(), TightPrefix(*county)) : std::nullopt;
  if (!number) return Misfit("TightListPublished");
  TightList row;
  row.effective_from = TimeOf(event.effective_from());
  for (const std::string& sku : event.skus()) {
    const auto code = Code::Parse(sku);
    if (!code) return Misfit("TightListPublished");
    row.skus.push_back(*code);
  }
  state.tight_lists.Put({*county, *number}, std::move(row));
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::ReasonableRationPublished& event, const Stamp& /*stamp*/) {
  const auto county = CountyOfId(event.county_code());
  const auto number = county ? NumberOf(event.version(), RationPrefix(*county)) : std::nullopt;
  if (!number) return Misfit("ReasonableRationPublished");
  RationTable row;
  row.effective_from = TimeOf(event.effective_from());
  for (const v1::Ration& ration : event.rations()) {
    const auto code = Code::Parse(ration.sku());
    if (!code) return Misfit("ReasonableRationPublished");
    row.caps.push_back({*code, ration.ration_class(), ration.cap_cartons()});
  }
  state.rations.Put({*county, *number}, std::move(row));
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
