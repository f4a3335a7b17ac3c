#include "services/sanyuan/contexts.h"

#include "services/allocation/module.h"
#include "services/delivery_tracking/module.h"
#include "services/order_intake/module.h"
#include "services/registry/module.h"
#include "services/sanyuan/catalogue.h"
#include "services/sanyuan/lottery_secrets.h"
#include "services/three_member_interaction/module.h"

namespace sanyuan {

std::vector<rpc::Module> AllModules(const ServeOptions& options) {
  return {registry::NewModule(), allocation::NewModule(LotterySecrets(options)), order_intake::NewModule(),
          delivery_tracking::NewModule(), three_member_interaction::NewModule()};
}

std::vector<host::ContextSpec> Contexts(const ServeOptions& options) {
  std::vector<host::ContextSpec> specs;
  for (rpc::Module& module : AllModules(options)) {
    for (host::ContextSpec& spec : module.contexts) specs.push_back(std::move(spec));
  }
  return specs;
}

void AddContextMethods(rpc::MethodTable& methods) { AddMethods(methods, AllModules(ServeOptions{})); }

}  // namespace sanyuan
