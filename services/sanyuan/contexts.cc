#include "services/sanyuan/contexts.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "common/digest/digest.h"
#include "services/allocation/domain/allocation_domain.h"
#include "services/allocation/queries.h"
#include "services/allocation/view.h"
#include "services/delivery_tracking/domain/delivery_tracking_domain.h"
#include "services/delivery_tracking/queries.h"
#include "services/delivery_tracking/view.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "services/order_intake/queries.h"
#include "services/order_intake/view.h"
#include "services/registry/domain/reference_domain.h"
#include "services/registry/domain/registry_domain.h"
#include "services/registry/forgetting.h"
#include "services/registry/queries.h"
#include "services/registry/view.h"
#include "services/three_member_interaction/clue_feed.h"
#include "services/three_member_interaction/domain/three_member_interaction_domain.h"
#include "services/three_member_interaction/queries.h"
#include "services/three_member_interaction/view.h"

namespace sanyuan {
namespace {

constexpr char kReference[] = "registry.reference";
constexpr char kRegistry[] = "registry";
constexpr char kAllocation[] = "allocation";
constexpr char kOrderIntake[] = "order_intake";
constexpr char kDeliveryTracking[] = "delivery_tracking";
constexpr char kThreeMembers[] = "three_member_interaction";

std::string Topic(std::string_view context) { return fmt::format("{}.journal", context); }

// One secret for each cycle, from one that the operator keeps: knowing a published one tells nothing of the next.
allocation::SecretSource Secrets(const ServeOptions& options) {
  std::string master;
  if (!options.tie_key_secret_file.empty()) {
    std::ifstream file(options.tie_key_secret_file, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    master = std::move(content).str();
  } else if (options.dev) {
    master = fmt::format("sanyuan development seed {}", options.dev_seed);
  }
  return [master = std::move(master)](const std::string& cycle) -> std::optional<std::string> {
    if (master.empty()) return std::nullopt;
    return std::string(HmacSha256(master).Of(cycle).view());
  };
}

const google::protobuf::ServiceDescriptor& ServiceNamed(std::string_view package, const char* service) {
  const std::string name = fmt::format("{}.{}", package, service);
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
  if (descriptor == nullptr) {
    fmt::print(stderr, "no service {}\n", name);
    std::abort();
  }
  return *descriptor;
}

// Services of one context: those of the given package whose names are listed.
void AddServices(std::string_view package, const std::string& context,
                 std::initializer_list<const char*> services, const view::Queries& queries,
                 rpc::MethodTable& methods) {
  for (const char* service : services) methods.AddService(ServiceNamed(package, service), context, queries);
}

}  // namespace

std::vector<host::ContextSpec> Contexts(const ServeOptions& options) {
  static const registry::ReferenceProjection reference_projection;
  static const registry::RegistryProjection registry_rows;
  static const registry::ForgettingProjection registry_projection(&registry_rows);
  static const allocation::State allocation_tables;
  static const allocation::AllocationView allocation_projection(allocation_tables);
  static const order_intake::OrderIntakeProjection order_intake_projection;
  static const delivery_tracking::DeliveryTrackingProjection delivery_tracking_projection;
  static const three_member_interaction::ThreeMemberInteractionProjection three_member_projection;
  std::vector<host::ContextSpec> specs;
  specs.push_back({kReference,
                   {},
                   true,
                   [] { return std::make_unique<registry::ReferenceDomain>(); },
                   &reference_projection});
  specs.push_back({kRegistry,
                   {Topic(kReference)},
                   false,
                   [] { return std::make_unique<registry::RegistryDomain>(); },
                   &registry_projection});
  specs.push_back(
      {kAllocation,
       {Topic(kReference), Topic(kRegistry), Topic(kOrderIntake)},
       false,
       [secrets = Secrets(options)] { return std::make_unique<allocation::AllocationDomain>(secrets); },
       &allocation_projection});
  specs.push_back({kOrderIntake,
                   {Topic(kReference), Topic(kRegistry), Topic(kAllocation)},
                   false,
                   [] { return std::make_unique<order_intake::OrderIntakeDomain>(); },
                   &order_intake_projection});
  specs.push_back({kDeliveryTracking,
                   {Topic(kReference), Topic(kRegistry), Topic(kOrderIntake)},
                   false,
                   [] { return std::make_unique<delivery_tracking::DeliveryTrackingDomain>(); },
                   &delivery_tracking_projection});
  specs.push_back({kThreeMembers,
                   {Topic(kReference), Topic(kRegistry), Topic(kDeliveryTracking)},
                   false,
                   [] { return std::make_unique<three_member_interaction::ThreeMemberInteractionDomain>(); },
                   &three_member_projection,
                   &three_member_interaction::IsShownInFeeds});
  return specs;
}

void AddContextMethods(rpc::MethodTable& methods) {
  AddServices("sanyuan.registry.v1", kReference, {"PolicyService", "ReferenceService"},
              registry::ReferenceQueries(), methods);
  AddServices("sanyuan.registry.v1", kRegistry, {"OrganisationService", "RetailerService", "RouteService"},
              registry::RegistryQueries(), methods);
  // Whoever is told that somebody is forgotten may rely on it: the key goes with the view.
  methods.AnswerAfterView("/sanyuan.registry.v1.OrganisationService/ForgetPerson");
  AddServices("sanyuan.allocation.v1", kAllocation,
              {"AgreementService", "AllocationService", "AllowanceService", "RationService", "SupplyService",
               "TieKeyService"},
              allocation::AllocationQueries(), methods);
  AddServices("sanyuan.order_intake.v1", kOrderIntake,
              {"AllowanceService", "DemandService", "OrderService", "OrderWindowService"},
              order_intake::OrderIntakeQueries(), methods);
  AddServices("sanyuan.delivery_tracking.v1", kDeliveryTracking,
              {"DeliveryRunService", "DeviceService", "ReceiptService", "StopService"},
              delivery_tracking::DeliveryTrackingQueries(), methods);
  AddServices("sanyuan.three_member_interaction.v1", kThreeMembers,
              {"ClueService", "InspectionService", "TicketService"},
              three_member_interaction::ThreeMemberInteractionQueries(), methods);
  methods.AddFeeds(ServiceNamed("sanyuan.three_member_interaction.v1", "ClueFeedService"), kThreeMembers,
                   three_member_interaction::ThreeMemberInteractionFeeds());
}

}  // namespace sanyuan
