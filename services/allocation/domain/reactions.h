// What allocation copies from its inputs: retailers, SKUs and policies as far as it is judged by them, the order
// windows, the locked orders of a window that closed, and what order intake did with offers. Everything else is
// passed by in silence. Only what changed is copied.
// Pure functions, but for the lottery's secret, of which at most the hash goes into an event.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_REACTIONS_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_REACTIONS_H_

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/state.h"
#include "services/allocation/domain/tie_key_secret.h"

namespace sanyuan::allocation {

inline constexpr char kRegistryTopic[] = "registry.journal";
inline constexpr char kReferenceTopic[] = "registry.reference.journal";
inline constexpr char kOrderIntakeTopic[] = "order_intake.journal";

partition::EventPtr NewInputEvent(std::string_view topic);
// The pages of a window that closed.
std::vector<uint64_t> PagesOf(const partition::Input& input);
// A closed window is copied page by page; any other decision has one effect.
partition::Reaction React(const State& state, const SecretSource& secrets, const partition::Input& input,
                          uint64_t index, size_t budget, const Stamp& stamp);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_REACTIONS_H_
