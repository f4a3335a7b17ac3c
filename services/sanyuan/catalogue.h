// Every context of Sanyuan and every RPC, whichever process serves them.
#ifndef SANYUAN_SERVICES_SANYUAN_CATALOGUE_H_
#define SANYUAN_SERVICES_SANYUAN_CATALOGUE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/rpc/method_table.h"
#include "common/rpc/module.h"

namespace sanyuan {

struct KnownContext {
  std::string_view name;
  bool single_partition = false;  // As of host::ContextSpec.
};
inline constexpr std::array<KnownContext, 6> kContexts = {{{"registry.reference", true},
                                                           {"registry"},
                                                           {"allocation"},
                                                           {"order_intake"},
                                                           {"delivery_tracking"},
                                                           {"three_member_interaction"}}};

// Of each context, in an installation of `partitions`.
std::map<std::string, int32_t> PartitionCounts(int32_t partitions);

// Gives what opens a feed that another process serves.
using FeedElsewhere = std::function<host::OpenFeed(const google::protobuf::MethodDescriptor& method,
                                                   const std::string& context)>;

// Adds every RPC of these contexts: those of the modules' contexts are answered here, the others elsewhere. `elsewhere`
// may be empty when the modules serve all.
void AddMethods(rpc::MethodTable& methods, const std::vector<rpc::Module>& modules,
                const FeedElsewhere& elsewhere = nullptr);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_CATALOGUE_H_
