#include "common/reference/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "common/clock/business_time.h"
#include "common/reference/formats.h"
#include "common/reference/settings.h"
#include "common/reference/wire_time.h"

namespace sanyuan::reference {
namespace {

namespace v1 = registry::v1;
using common::v1::REASON_INVALID_FIELD;

constexpr size_t kMaxVersionLength = 40;
constexpr size_t kMaxPrefixLength = 6;

bool IsVersionName(const std::string& text) {
  return !text.empty() && text.size() <= kMaxVersionLength &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

void CheckSeasons(const v1::AllocationPolicy& policy, const std::string& path, Refusals& refusals) {
  std::optional<Date> last;
  for (int i = 0; i < policy.season_weights_size(); ++i) {
    const std::optional<Date> from = ParseDate(policy.season_weights(i).from_date());
    const std::optional<Date> to = ParseDate(policy.season_weights(i).to_date());
    const std::string item = fmt::format("{}.season_weights[{}]", path, i);
    if (!from) Refuse(refusals, REASON_INVALID_FIELD, item + ".from_date");
    if (!to || (from && *to < *from)) Refuse(refusals, REASON_INVALID_FIELD, item + ".to_date");
    // A day in two seasons would have two weights.
    if (from && last && *from <= *last)
      Refuse(refusals, REASON_INVALID_FIELD, item + ".from_date", "overlaps");
    if (to) last = to;
  }
}

void CheckRatios(const v1::AllocationPolicy& policy, const std::string& path, Refusals& refusals) {
  std::set<std::string> classes;
  for (int i = 0; i < policy.balance_ratios_size(); ++i) {
    const v1::BalanceRatio& ratio = policy.balance_ratios(i);
    const std::string item = fmt::format("{}.balance_ratios[{}]", path, i);
    if (ratio.class_code().empty() || !classes.insert(ratio.class_code()).second) {
      Refuse(refusals, REASON_INVALID_FIELD, item + ".class_code");
    }
    if (ratio.max_bp() < ratio.min_bp()) Refuse(refusals, REASON_INVALID_FIELD, item + ".max_bp");
    CheckRange(ratio.urban_bp(), ratio.min_bp(), ratio.max_bp(), item + ".urban_bp", refusals);
    CheckRange(ratio.rural_bp(), ratio.min_bp(), ratio.max_bp(), item + ".rural_bp", refusals);
    if (ratio.rural_bp() < ratio.urban_bp()) {
      common::v1::Refusal& refusal =
          Refuse(refusals, REASON_INVALID_FIELD, item + ".rural_bp", "below urban_bp");
      refusal.set_limit(ratio.urban_bp());
      refusal.set_value(ratio.rural_bp());
    }
  }
}

void CheckGrades(const v1::AllocationPolicy& policy, const std::string& path, Refusals& refusals) {
  int32_t last_grade = 0;
  int32_t last_weight = 0;
  for (int i = 0; i < policy.grade_weights_size(); ++i) {
    const v1::GradeWeight& band = policy.grade_weights(i);
    const std::string item = fmt::format("{}.grade_weights[{}]", path, i);
    if (band.from_grade() <= last_grade)
      Refuse(refusals, REASON_INVALID_FIELD, item + ".from_grade", "overlaps");
    if (band.to_grade() < band.from_grade()) Refuse(refusals, REASON_INVALID_FIELD, item + ".to_grade");
    if (band.weight() < last_weight) {
      common::v1::Refusal& refusal =
          Refuse(refusals, REASON_INVALID_FIELD, item + ".weight", "below the grade before");
      refusal.set_limit(last_weight);
      refusal.set_value(band.weight());
    }
    last_grade = std::max(last_grade, band.to_grade());
    last_weight = band.weight();
  }
}

void CheckHours(const v1::InteractionPolicy& policy, const std::string& path, Refusals& refusals) {
  if (const absl::Status hours = CheckWorkingHours(WorkingHoursOf(policy)); !hours.ok()) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".working_intervals", std::string(hours.message()));
  }
}

void CheckConduct(const v1::ConductPolicy& policy, const std::string& path, Refusals& refusals) {
  if (!IsVersionName(policy.commitment_version())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".commitment_version");
  }
  std::set<std::string> codes;
  for (int i = 0; i < policy.prohibitions_size(); ++i) {
    const v1::Prohibition& prohibition = policy.prohibitions(i);
    const std::string item = fmt::format("{}.prohibitions[{}]", path, i);
    if (!IsVersionName(prohibition.code()) || !codes.insert(prohibition.code()).second) {
      Refuse(refusals, REASON_INVALID_FIELD, item + ".code");
    }
    if (prohibition.text_zh().empty()) Refuse(refusals, REASON_INVALID_FIELD, item + ".text_zh");
    if (prohibition.text_en().empty()) Refuse(refusals, REASON_INVALID_FIELD, item + ".text_en");
  }
}

}  // namespace

v1::PolicyKind KindOf(const v1::PolicyVersion& policy) {
  switch (policy.parameters_case()) {
    case v1::PolicyVersion::kOrdering:
      return v1::POLICY_KIND_ORDERING;
    case v1::PolicyVersion::kAllocation:
      return v1::POLICY_KIND_ALLOCATION;
    case v1::PolicyVersion::kDelivery:
      return v1::POLICY_KIND_DELIVERY;
    case v1::PolicyVersion::kInteraction:
      return v1::POLICY_KIND_INTERACTION;
    case v1::PolicyVersion::kFormat:
      return v1::POLICY_KIND_FORMAT;
    case v1::PolicyVersion::kConduct:
      return v1::POLICY_KIND_CONDUCT;
    case v1::PolicyVersion::PARAMETERS_NOT_SET:
      break;
  }
  return v1::POLICY_KIND_UNSPECIFIED;
}

Refusals CheckPolicy(const v1::PolicyVersion& policy, const std::string& path) {
  Refusals refusals;
  if (!IsVersionName(policy.version())) Refuse(refusals, REASON_INVALID_FIELD, path + ".version");
  if (policy.county_prefix().size() > kMaxPrefixLength ||
      !std::all_of(policy.county_prefix().begin(), policy.county_prefix().end(),
                   [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".county_prefix");
  }
  if (!policy.has_effective_from() || !IsWireTime(policy.effective_from())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".effective_from");
  }
  if (policy.document().size() > kMaxDocumentLength)
    Refuse(refusals, REASON_INVALID_FIELD, path + ".document");
  const google::protobuf::OneofDescriptor& oneof =
      *v1::PolicyVersion::descriptor()->FindOneofByName("parameters");
  const auto* field = policy.GetReflection()->GetOneofFieldDescriptor(policy, &oneof);
  if (field == nullptr) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".parameters");
    return refusals;
  }
  const std::string inner = fmt::format("{}.{}", path, field->name());
  CheckSettings(policy.GetReflection()->GetMessage(policy, field), inner, refusals);
  if (policy.has_allocation()) {
    CheckSeasons(policy.allocation(), inner, refusals);
    CheckRatios(policy.allocation(), inner, refusals);
    CheckGrades(policy.allocation(), inner, refusals);
  }
  if (policy.has_interaction()) CheckHours(policy.interaction(), inner, refusals);
  if (policy.has_format()) CheckFormats(policy.format(), inner, refusals);
  if (policy.has_conduct()) CheckConduct(policy.conduct(), inner, refusals);
  return refusals;
}

std::vector<WorkingHours> WorkingHoursOf(const v1::InteractionPolicy& policy) {
  std::vector<WorkingHours> hours;
  for (const v1::WorkingInterval& interval : policy.working_intervals()) {
    hours.push_back({interval.from_minute(), interval.to_minute()});
  }
  return hours;
}

}  // namespace sanyuan::reference
