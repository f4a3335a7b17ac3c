// How order intake reacts to what it reads: notes of facts that orders are judged by, and the taking or returning
// of what a published run offers, order by order from the run's pages.
// Pure functions.
#ifndef SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_INPUTS_H_
#define SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_INPUTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/partition/domain.h"
#include "services/order_intake/domain/state.h"

namespace sanyuan::order_intake {

inline constexpr std::string_view kReferenceTopic = "registry.reference.journal";
inline constexpr std::string_view kRegistryTopic = "registry.journal";
inline constexpr std::string_view kAllocationTopic = "allocation.journal";

// An empty event of the topic's context; null for a topic that order intake does not read.
partition::EventPtr NewInputEventOf(std::string_view topic);

// The pages of a published run.
std::vector<uint64_t> PagesOfInput(const partition::Input& input);

// As partition::Domain::React. An index counts the input's events and, inside a published run, its orders.
partition::Reaction ReactTo(const State& state, const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp);

}  // namespace sanyuan::order_intake

#endif  // SANYUAN_SERVICES_ORDER_INTAKE_DOMAIN_INPUTS_H_
