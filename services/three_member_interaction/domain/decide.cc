#include "services/three_member_interaction/domain/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "common/digest/digest.h"
#include "common/reference/policies.h"
#include "common/sealed/marks.h"

namespace sanyuan::three_member_interaction {
namespace {

constexpr int kMostEvidence = 20;
constexpr size_t kDigestBytes = 32;
constexpr size_t kLongestText = 8192;
constexpr size_t kLongestId = 64;

}  // namespace

Timestamp Rules::AfterWorkingDays(absl::Time from, int32_t days) const {
  return ToWireTime(calendar.DueAfterWorkingDays(from, days));
}

std::optional<Rules> RulesFor(const State& state, County county, absl::Time at) {
  const auto* version = state.policies.Effective(registry::v1::POLICY_KIND_INTERACTION, county, at);
  if (version == nullptr) return std::nullopt;
  return Rules{version, state.calendars.Current(), reference::WorkingHoursOf(version->interaction())};
}

Outcome Refused(Refusals refusals) {
  Outcome outcome;
  outcome.refusals = std::move(refusals);
  return outcome;
}

Outcome NoPolicyYet() {
  Outcome outcome;
  outcome.not_ready = "no interaction policy of this county was read yet";
  return outcome;
}

Outcome Forbidden(const std::string& county_code, const std::string& subject, const Stamp& stamp) {
  auto event = std::make_unique<v1::Event>();
  v1::ForbiddenActionAttempted& attempt = *event->mutable_forbidden_action_attempted();
  attempt.set_county_code(county_code);
  attempt.set_actor_id(stamp.actor.id);
  attempt.set_actor_role(stamp.actor.role);
  attempt.set_method(stamp.method);
  // Nothing else checks what this request names.
  if (subject.size() <= kLongestId) attempt.set_subject(subject);
  Outcome outcome;
  outcome.events.push_back(std::move(event));
  Refuse(outcome.refusals, common::v1::REASON_FORBIDDEN_ACTION, "");
  return outcome;
}

std::optional<County> CheckCounty(const std::string& county_code, Refusals& refusals) {
  const auto county = county_code.size() == 6 ? CountyOfId(county_code) : std::nullopt;
  if (!county) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "county_code");
  return county;
}

void CheckEvidence(const Evidence& evidence, Refusals& refusals) {
  if (evidence.size() > kMostEvidence) {
    common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_BATCH_SIZE, "evidence_sha256");
    refusal.set_limit(kMostEvidence);
    refusal.set_value(evidence.size());
  }
  std::set<std::string> seen;
  for (int i = 0; i < evidence.size(); ++i) {
    if (evidence[i].size() != kDigestBytes || !seen.insert(evidence[i]).second) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, fmt::format("evidence_sha256[{}]", i));
    }
  }
}

void CheckSealedText(const v1::SealedText& text, const std::string& field,
                     const std::vector<std::string>& owners, Refusals& refusals) {
  for (std::string& path : sealed::UnprotectedPaths(text, field)) {
    Refuse(refusals, common::v1::REASON_NOT_SEALED, std::move(path));
  }
  if (text.text().size() > kLongestText) {
    common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_TOO_LARGE, field + ".text");
    refusal.set_limit(kLongestText);
    refusal.set_value(static_cast<int64_t>(text.text().size()));
  }
  if (text.text().empty() && text.sealed_for().empty()) return;
  const bool known = std::find(owners.begin(), owners.end(), text.sealed_for()) != owners.end();
  if (text.sealed_for().empty() || !known) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field + ".sealed_for");
  }
}

void CheckCaseNumber(const std::string& number, Refusals& refusals) {
  const bool visible = std::all_of(number.begin(), number.end(),
                                   [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
  if (!number.empty() && number.size() <= kLongestId && visible) return;
  Refuse(refusals, common::v1::REASON_INVALID_FIELD, "case_number");
}

void RefuseState(Refusals& refusals, std::string field, const std::string& state_name) {
  Refuse(refusals, common::v1::REASON_WRONG_STATE, std::move(field), state_name);
}

absl::Status CantFold(const std::string& what) {
  return absl::InvalidArgumentError("three_member_interaction: can't fold " + what);
}

int32_t DrawBp(const std::string& what) {
  const Digest digest = Sha256(what);
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(digest.bytes[i]);
  return static_cast<int32_t>(number % 10'000);
}

std::string DrawSalt(const Stamp& stamp) {
  std::string salt = fmt::format("{}/{}/", absl::ToUnixMicros(stamp.decided_at), stamp.actor.id);
  salt.append(stamp.request_id.begin(), stamp.request_id.end());
  return salt;
}

}  // namespace sanyuan::three_member_interaction
