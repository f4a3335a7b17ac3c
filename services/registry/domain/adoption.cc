#include "services/registry/domain/adoption.h"

#include "common/reference/policies.h"
#include "services/registry/domain/region.h"

namespace sanyuan::registry {
namespace {

bool IsJudgedBy(v1::PolicyKind kind) {
  return kind == v1::POLICY_KIND_FORMAT || kind == v1::POLICY_KIND_CONDUCT ||
         kind == v1::POLICY_KIND_ORDERING || kind == v1::POLICY_KIND_DELIVERY;
}

std::unique_ptr<v1::Event> Copy(const State& state, const v1::ReferenceEvent& event) {
  auto copy = std::make_unique<v1::Event>();
  if (event.has_county_registered()) {
    const v1::County& county = event.county_registered().county();
    const std::optional<Code> code = Code::Parse(county.code());
    const CountyRow* held = code ? state.counties.Find({*code}) : nullptr;
    if (!code || (held != nullptr && reference::ChangedPaths(CountyOf({*code}, *held), county).empty()))
      return nullptr;
    *copy->mutable_county_adopted()->mutable_county() = county;
    return copy;
  }
  if (event.has_policy_published()) {
    const v1::PolicyVersion& policy = event.policy_published().policy();
    if (!IsJudgedBy(reference::KindOf(policy)) || state.policies.Version(policy.version()) != nullptr)
      return nullptr;
    *copy->mutable_policy_adopted()->mutable_policy() = policy;
    return copy;
  }
  return nullptr;
}

}  // namespace

partition::Reaction React(const State& state, const partition::Input& input, uint64_t index, size_t budget) {
  partition::Reaction reaction;
  size_t bytes = 0;
  const size_t count = input.events != nullptr ? input.events->size() : 0;
  for (; index < count; ++index) {
    if (bytes >= budget) {
      reaction.done = false;
      break;
    }
    const auto* event = dynamic_cast<const v1::ReferenceEvent*>((*input.events)[index].get());
    std::unique_ptr<v1::Event> copy = event != nullptr ? Copy(state, *event) : nullptr;
    if (copy == nullptr) continue;
    bytes += copy->ByteSizeLong();
    reaction.events.push_back(std::move(copy));
  }
  reaction.next_index = index;
  return reaction;
}

absl::Status Evolve(State& state, const v1::CountyAdopted& event, const Stamp& /*stamp*/) {
  const v1::County& county = event.county();
  const std::optional<Code> code = Code::Parse(county.code());
  if (!code) return absl::InvalidArgumentError("a county without a code");
  state.counties.Put({*code}, {county.name_zh(), county.name_en(), county.prefecture_code(),
                               county.prefecture_zh(), county.prefecture_en()});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::PolicyAdopted& event, const Stamp& /*stamp*/) {
  return state.policies.Add(event.policy());
}

}  // namespace sanyuan::registry
