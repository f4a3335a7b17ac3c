// The policies that a context has read, folded into its own state: every context keeps a copy of the versions
// it judges by, so it decides while the registry is away and its replay needs no other journal.
//
//   struct State : state::Store { reference::PolicyTable policies{*this, state::Content::kInternal}; ... };
//   React:   if (!state.policies.Holds(policy)) copy PolicyPublished into an event of one's own
//   Evolve:  state.policies.Add(event.policy());
//   Decide:  const auto* allocation = state.policies.Allocation(county, stamp.decided_at);
//
// Copies are kInternal: they are the same in every partition, and business rows belong to one county.
// Thread safety: as its Store. Pointers are good until the table's next change.
#ifndef SANYUAN_COMMON_REFERENCE_POLICY_TABLE_H_
#define SANYUAN_COMMON_REFERENCE_POLICY_TABLE_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/state/code.h"
#include "common/state/table.h"
#include "sanyuan/registry/v1/policy.pb.h"

namespace sanyuan::reference {

struct PolicyKey {
  registry::v1::PolicyKind kind = registry::v1::POLICY_KIND_UNSPECIFIED;
  std::string county_prefix;
  int64_t effective_from_us = 0;

  auto operator<=>(const PolicyKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.kind, self.county_prefix, self.effective_from_us);
  }
};

// Parsed once; immutable.
struct PolicyRow {
  std::shared_ptr<const registry::v1::PolicyVersion> policy = std::make_shared<registry::v1::PolicyVersion>();

  static void Fields(auto& self, auto&& visit);
};

struct PolicyVersionKey {
  std::string version;

  auto operator<=>(const PolicyVersionKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.version); }
};

class PolicyTable {
 public:
  using Rows = state::Table<PolicyKey, PolicyRow>;

  // Makes two tables, "policies" (with `content`) and "policy_versions" (internal).
  PolicyTable(state::Store& store, state::Content content);

  // InvalidArgument when the version can't be one that was published: no kind, no time, or a place or a version
  // name that another one has.
  absl::Status Add(const registry::v1::PolicyVersion& policy);

  // True when exactly this version is there.
  bool Holds(const registry::v1::PolicyVersion& policy) const;

  // The version in force for the county (0: for what belongs to no county) at `at`: of those whose prefix the
  // county's code begins with and whose time has come, the longest prefix, then the latest. nullptr: none.
  const registry::v1::PolicyVersion* Effective(registry::v1::PolicyKind kind, County county,
                                               absl::Time at) const;
  // One for each prefix that has one in force at `at`, in the order of the prefixes: for what belongs to no county
  // but must fit the rules of some.
  std::vector<const registry::v1::PolicyVersion*> EffectiveOfAllRegions(registry::v1::PolicyKind kind,
                                                                        absl::Time at) const;
  // By name, for decisions that froze a version. nullptr: unknown.
  const registry::v1::PolicyVersion* Version(std::string_view version) const;
  // The last one of the kind and prefix by effective_from. nullptr: none.
  const registry::v1::PolicyVersion* Last(registry::v1::PolicyKind kind,
                                          std::string_view county_prefix) const;

  // Effective() with its parameters. nullptr: none in force.
  const registry::v1::OrderingPolicy* Ordering(County county, absl::Time at) const;
  const registry::v1::AllocationPolicy* Allocation(County county, absl::Time at) const;
  const registry::v1::DeliveryPolicy* Delivery(County county, absl::Time at) const;
  const registry::v1::InteractionPolicy* Interaction(County county, absl::Time at) const;
  const registry::v1::FormatPolicy* Format(County county, absl::Time at) const;
  const registry::v1::ConductPolicy* Conduct(County county, absl::Time at) const;

  Rows& rows() { return rows_; }
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
  state::Table<PolicyVersionKey, PolicyKey> versions_;
};

// The form in state and snapshots: the version's serialized bytes.
std::string PolicyBytes(const registry::v1::PolicyVersion& policy);
std::shared_ptr<const registry::v1::PolicyVersion> PolicyFromBytes(std::string_view bytes);

void PolicyRow::Fields(auto& self, auto&& visit) {
  std::string bytes = PolicyBytes(*self.policy);
  visit(bytes);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(self)>>)
    self.policy = PolicyFromBytes(bytes);
}

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_POLICY_TABLE_H_
