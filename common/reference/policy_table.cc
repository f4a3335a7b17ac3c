#include "common/reference/policy_table.h"

#include <fmt/format.h>

#include <optional>

#include "common/reference/policies.h"
#include "common/reference/wire_bytes.h"
#include "common/reference/wire_time.h"
#include "common/state/table_rows.h"

namespace sanyuan::reference {

namespace v1 = registry::v1;

std::string PolicyBytes(const v1::PolicyVersion& policy) { return CanonicalBytes(policy); }

std::shared_ptr<const v1::PolicyVersion> PolicyFromBytes(std::string_view bytes) {
  auto policy = std::make_shared<v1::PolicyVersion>();
  // What is not a policy gives an empty one, which no digest of a sound state fits.
  if (!policy->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) policy->Clear();
  return policy;
}

namespace {

PolicyKey KeyOf(const v1::PolicyVersion& policy) {
  return {KindOf(policy), policy.county_prefix(), absl::ToUnixMicros(FromWireTime(policy.effective_from()))};
}

}  // namespace

PolicyTable::PolicyTable(state::Store& store, state::Content content)
    : rows_(store, "policies", content), versions_(store, "policy_versions", state::Content::kInternal) {}

absl::Status PolicyTable::Add(const v1::PolicyVersion& policy) {
  const PolicyKey key = KeyOf(policy);
  if (key.kind == v1::POLICY_KIND_UNSPECIFIED || policy.version().empty() || !policy.has_effective_from() ||
      !IsWireTime(policy.effective_from())) {
    return absl::InvalidArgumentError("a policy without version, kind or time");
  }
  if (rows_.Contains(key) || versions_.Contains({policy.version()})) {
    return absl::InvalidArgumentError(fmt::format("policy {} a second time", policy.version()));
  }
  rows_.Put(key, {std::make_shared<v1::PolicyVersion>(policy)});
  versions_.Put({policy.version()}, key);
  return absl::OkStatus();
}

bool PolicyTable::Holds(const v1::PolicyVersion& policy) const {
  const v1::PolicyVersion* held = Version(policy.version());
  return held != nullptr && PolicyBytes(*held) == PolicyBytes(policy);
}

const v1::PolicyVersion* PolicyTable::Version(std::string_view version) const {
  const PolicyKey* key = versions_.Find({std::string(version)});
  const PolicyRow* row = key != nullptr ? rows_.Find(*key) : nullptr;
  return row != nullptr ? row->policy.get() : nullptr;
}

const v1::PolicyVersion* PolicyTable::Effective(v1::PolicyKind kind, County county, absl::Time at) const {
  const std::string code = county == 0 ? std::string() : CountyText(county);
  const int64_t at_us = absl::ToUnixMicros(at);
  for (size_t length = code.size() + 1; length-- > 0;) {
    const v1::PolicyVersion* found = nullptr;
    const PolicyKey first{kind, code.substr(0, length), INT64_MIN};
    rows_.ForEachFrom(first, [&](const PolicyKey& key, const PolicyRow& row) {
      if (key.kind != kind || key.county_prefix != first.county_prefix || key.effective_from_us > at_us) {
        return false;
      }
      found = row.policy.get();
      return true;
    });
    if (found != nullptr) return found;
  }
  return nullptr;
}

std::vector<const v1::PolicyVersion*> PolicyTable::EffectiveOfAllRegions(v1::PolicyKind kind,
                                                                         absl::Time at) const {
  const int64_t at_us = absl::ToUnixMicros(at);
  std::vector<const v1::PolicyVersion*> found;
  std::string last_prefix;
  rows_.ForEachFrom({kind, "", INT64_MIN}, [&](const PolicyKey& key, const PolicyRow& row) {
    if (key.kind != kind) return false;
    if (key.effective_from_us > at_us) return true;
    if (!found.empty() && key.county_prefix == last_prefix) found.pop_back();
    found.push_back(row.policy.get());
    last_prefix = key.county_prefix;
    return true;
  });
  return found;
}

const v1::PolicyVersion* PolicyTable::Last(v1::PolicyKind kind, std::string_view county_prefix) const {
  const v1::PolicyVersion* last = nullptr;
  const PolicyKey first{kind, std::string(county_prefix), INT64_MIN};
  rows_.ForEachFrom(first, [&](const PolicyKey& key, const PolicyRow& row) {
    if (key.kind != kind || key.county_prefix != first.county_prefix) return false;
    last = row.policy.get();
    return true;
  });
  return last;
}

const v1::OrderingPolicy* PolicyTable::Ordering(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_ORDERING, county, at);
  return policy != nullptr ? &policy->ordering() : nullptr;
}

const v1::AllocationPolicy* PolicyTable::Allocation(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_ALLOCATION, county, at);
  return policy != nullptr ? &policy->allocation() : nullptr;
}

const v1::DeliveryPolicy* PolicyTable::Delivery(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_DELIVERY, county, at);
  return policy != nullptr ? &policy->delivery() : nullptr;
}

const v1::InteractionPolicy* PolicyTable::Interaction(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_INTERACTION, county, at);
  return policy != nullptr ? &policy->interaction() : nullptr;
}

const v1::FormatPolicy* PolicyTable::Format(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_FORMAT, county, at);
  return policy != nullptr ? &policy->format() : nullptr;
}

const v1::ConductPolicy* PolicyTable::Conduct(County county, absl::Time at) const {
  const v1::PolicyVersion* policy = Effective(v1::POLICY_KIND_CONDUCT, county, at);
  return policy != nullptr ? &policy->conduct() : nullptr;
}

}  // namespace sanyuan::reference

namespace sanyuan {
template class state::Table<reference::PolicyKey, reference::PolicyRow>;
template class state::Table<reference::PolicyVersionKey, reference::PolicyKey>;
}  // namespace sanyuan
