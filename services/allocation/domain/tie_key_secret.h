// The secret of each window's lottery. Its hash is in the journal before the window opens, so nobody can choose
// it after seeing the orders; the secret itself only from publication on, so nobody can know his tie key while
// he orders. Between the two it stands outside the journal, behind SecretSource. Pure functions.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIE_KEY_SECRET_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIE_KEY_SECRET_H_

#include <functional>

#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

// From a cycle's id, which is its window's, to the secret; nothing where it is not at hand. The fold never asks:
// what a run needs of it for a replay stands in its events. Called by the writer alone, must not block.
using SecretSource = std::function<std::optional<std::string>(const std::string& cycle)>;

Outcome DecideAnnounceTieKey(const State& state, const v1::AnnounceTieKeyRequest& request,
                             const Stamp& stamp);
Outcome DecideRevealTieKey(const State& state, const v1::RevealTieKeyRequest& request, const Stamp& stamp);

// Announces the hash of a window that was just scheduled, when the service holds its secret.
void AddAnnouncement(const State& state, const SecretSource& secrets, const WindowKey& window,
                     std::vector<partition::EventPtr>& events);

// What a run of the window can draw with.
struct Lottery {
  enum class Kind { kReady, kNotAnnounced, kSecretMissing, kMismatch };
  Kind kind = Kind::kNotAnnounced;
  std::string secret;
};
Lottery LotteryOf(const State& state, const SecretSource& secrets, const WindowKey& window);

absl::Status Evolve(State& state, const v1::TieKeySecretHashPublished& event, const Stamp& stamp);
absl::Status Evolve(State& state, const v1::TieKeySecretRevealed& event, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_TIE_KEY_SECRET_H_
