#include "services/allocation/domain/tie_key_secret.h"

namespace sanyuan::allocation {
namespace {

constexpr size_t kHashBytes = 32;
constexpr size_t kMaxSecretBytes = 64;

bool CheckBytes(Refusals& refusals, const std::string& field, size_t size, size_t low, size_t high) {
  return InRange(refusals, field, static_cast<int64_t>(size), static_cast<int64_t>(low),
                 static_cast<int64_t>(high));
}

}  // namespace

Outcome DecideAnnounceTieKey(const State& state, const v1::AnnounceTieKeyRequest& request,
                             const Stamp& stamp) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto window = WindowField(outcome.refusals, "window_id", request.window_id(), county);
  CheckBytes(outcome.refusals, "secret_hash", request.secret_hash().size(), kHashBytes, kHashBytes);
  if (outcome.refused()) return outcome;
  Respond<v1::AnnounceTieKeyResponse>(outcome);
  if (const TieKeySecret* known = state.tie_keys.Find(*window)) {
    if (known->hash == DigestFromBytes(request.secret_hash())) return outcome;
    outcome.response.reset();
    Refuse(outcome.refusals, common::v1::REASON_ALREADY_EXISTS, "secret_hash", known->hash.Hex());
    return outcome;
  }
  const Window* row = state.windows.Find(*window);
  const bool late = row != nullptr && (row->opened || row->opens_at <= stamp.decided_at);
  const RunKey run_key(*window, 0);
  const Run* run = state.runs.Find(run_key);
  const bool held_for_it = run != nullptr && run->state == v1::RUN_STATE_HELD &&
                           run->held_reason == common::v1::REASON_TIE_KEY_UNKNOWN;
  if (late && !held_for_it) {
    outcome.response.reset();
    Refuse(outcome.refusals, common::v1::REASON_TIE_KEY_LATE, "window_id", request.window_id());
    return outcome;
  }
  auto* event = AddEvent(outcome).mutable_tie_key_secret_hash_published();
  event->set_county_code(request.county_code());
  event->set_window_id(request.window_id());
  event->set_secret_hash(request.secret_hash());
  event->set_late(late);
  if (held_for_it) {
    auto* resumed = AddEvent(outcome).mutable_run_resumed();
    resumed->set_run_id(RunText(run_key));
    resumed->set_why("a lottery was announced");
  }
  return outcome;
}

Outcome DecideRevealTieKey(const State& state, const v1::RevealTieKeyRequest& request,
                           const Stamp& /*stamp*/) {
  Outcome outcome;
  const auto county = CountyField(outcome.refusals, request.county_code());
  const auto window = WindowField(outcome.refusals, "window_id", request.window_id(), county);
  CheckBytes(outcome.refusals, "secret", request.secret().size(), TieKeys::kMinSecretBytes, kMaxSecretBytes);
  if (!window) return outcome;
  const TieKeySecret* known = state.tie_keys.Find(*window);
  const Run* run = state.runs.Find({*window, 0});
  if (known == nullptr) {
    Refuse(outcome.refusals, common::v1::REASON_TIE_KEY_UNKNOWN, "window_id", request.window_id());
  } else if (Sha256(request.secret()) != known->hash) {
    Refuse(outcome.refusals, common::v1::REASON_SECRET_MISMATCH, "secret");
  }
  if (run == nullptr || (run->state != v1::RUN_STATE_PUBLISHED && run->state != v1::RUN_STATE_CLOSED)) {
    Refuse(outcome.refusals, common::v1::REASON_WRONG_STATE, "window_id", "its allocation is not published");
  }
  if (outcome.refused()) return outcome;
  Respond<v1::RevealTieKeyResponse>(outcome);
  if (!known->secret.empty()) return outcome;
  auto* event = AddEvent(outcome).mutable_tie_key_secret_revealed();
  event->set_county_code(request.county_code());
  event->set_window_id(request.window_id());
  event->set_secret(request.secret());
  return outcome;
}

void AddAnnouncement(const State& state, const SecretSource& secrets, const WindowKey& window,
                     std::vector<partition::EventPtr>& events) {
  if (!secrets || state.tie_keys.Contains(window)) return;
  const std::optional<std::string> secret = secrets(WindowText(window));
  if (!secret || secret->size() < TieKeys::kMinSecretBytes) return;
  auto* event = AddEvent(events).mutable_tie_key_secret_hash_published();
  event->set_county_code(CountyText(window.county));
  event->set_window_id(WindowText(window));
  event->set_secret_hash(std::string(Sha256(*secret).view()));
}

Lottery LotteryOf(const State& state, const SecretSource& secrets, const WindowKey& window) {
  const TieKeySecret* known = state.tie_keys.Find(window);
  if (known == nullptr) return {};
  if (!known->secret.empty()) return {Lottery::Kind::kReady, known->secret};
  const std::optional<std::string> secret = secrets ? secrets(WindowText(window)) : std::nullopt;
  if (!secret) return {Lottery::Kind::kSecretMissing, ""};
  if (Sha256(*secret) != known->hash || secret->size() < TieKeys::kMinSecretBytes)
    return {Lottery::Kind::kMismatch, ""};
  return {Lottery::Kind::kReady, *secret};
}

absl::Status Evolve(State& state, const v1::TieKeySecretHashPublished& event, const Stamp& /*stamp*/) {
  const auto window = ParseWindow(event.window_id());
  if (!window || event.secret_hash().size() != kHashBytes) return Misfit("TieKeySecretHashPublished");
  state.tie_keys.Put(*window, {DigestFromBytes(event.secret_hash()), "", event.late()});
  return absl::OkStatus();
}

absl::Status Evolve(State& state, const v1::TieKeySecretRevealed& event, const Stamp& /*stamp*/) {
  const auto window = ParseWindow(event.window_id());
  if (!window || !state.tie_keys.Contains(*window)) return Misfit("TieKeySecretRevealed");
  state.tie_keys.Mutate(*window).secret = event.secret();
  return absl::OkStatus();
}

}  // namespace sanyuan::allocation
