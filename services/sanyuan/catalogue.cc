#include "services/sanyuan/catalogue.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "google/protobuf/descriptor.h"
#include "sanyuan/allocation/v1/agreement.pb.h"
#include "sanyuan/allocation/v1/allowance.pb.h"
#include "sanyuan/allocation/v1/ration.pb.h"
#include "sanyuan/allocation/v1/run.pb.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "sanyuan/allocation/v1/tie_key.pb.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/delivery_tracking/v1/receipt.pb.h"
#include "sanyuan/delivery_tracking/v1/run.pb.h"
#include "sanyuan/delivery_tracking/v1/stop.pb.h"
#include "sanyuan/order_intake/v1/allowance.pb.h"
#include "sanyuan/order_intake/v1/demand.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "sanyuan/order_intake/v1/order_window.pb.h"
#include "sanyuan/registry/v1/organisation.pb.h"
#include "sanyuan/registry/v1/policy.pb.h"
#include "sanyuan/registry/v1/reference.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "sanyuan/registry/v1/route.pb.h"
#include "sanyuan/three_member_interaction/v1/clue.pb.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.pb.h"
#include "sanyuan/three_member_interaction/v1/inspection.pb.h"
#include "sanyuan/three_member_interaction/v1/ticket.pb.h"

namespace sanyuan {
namespace {

// By a message of the file in which a context's service stands: what no program names, no program holds.
struct KnownService {
  const char* context;
  const google::protobuf::Descriptor* (*message)();
  const char* service;
  bool feeds = false;
};

const KnownService kServices[] = {
    {"registry.reference", registry::v1::PublishPolicyRequest::descriptor, "PolicyService"},
    {"registry.reference", registry::v1::RegisterCountiesRequest::descriptor, "ReferenceService"},
    {"registry", registry::v1::RegisterOrgUnitsRequest::descriptor, "OrganisationService"},
    {"registry", registry::v1::RegisterRetailersRequest::descriptor, "RetailerService"},
    {"registry", registry::v1::RegisterRoutesRequest::descriptor, "RouteService"},
    {"allocation", allocation::v1::DraftAgreementRequest::descriptor, "AgreementService"},
    {"allocation", allocation::v1::ResumeRunRequest::descriptor, "AllocationService"},
    {"allocation", allocation::v1::OpenMonthRequest::descriptor, "AllowanceService"},
    {"allocation", allocation::v1::PublishTightListRequest::descriptor, "RationService"},
    {"allocation", allocation::v1::ConfirmSupplyRequest::descriptor, "SupplyService"},
    {"allocation", allocation::v1::AnnounceTieKeyRequest::descriptor, "TieKeyService"},
    {"order_intake", order_intake::v1::GetRoomRequest::descriptor, "AllowanceService"},
    {"order_intake", order_intake::v1::ReportDemandRequest::descriptor, "DemandService"},
    {"order_intake", order_intake::v1::SubmitOrderRequest::descriptor, "OrderService"},
    {"order_intake", order_intake::v1::ScheduleWindowRequest::descriptor, "OrderWindowService"},
    {"delivery_tracking", delivery_tracking::v1::PlanRunsRequest::descriptor, "DeliveryRunService"},
    {"delivery_tracking", delivery_tracking::v1::UploadDeviceEventsRequest::descriptor, "DeviceService"},
    {"delivery_tracking", delivery_tracking::v1::ResolveReceiptRequest::descriptor, "ReceiptService"},
    {"delivery_tracking", delivery_tracking::v1::ScheduleRedeliveryRequest::descriptor, "StopService"},
    {"three_member_interaction", three_member_interaction::v1::ReportClueRequest::descriptor, "ClueService"},
    {"three_member_interaction", three_member_interaction::v1::PlanInspectionRequest::descriptor,
     "InspectionService"},
    {"three_member_interaction", three_member_interaction::v1::RaiseTicketRequest::descriptor,
     "TicketService"},
    {"three_member_interaction", three_member_interaction::v1::WatchCluesRequest::descriptor,
     "ClueFeedService", true},
};

}  // namespace

std::map<std::string, int32_t> PartitionCounts(int32_t partitions) {
  std::map<std::string, int32_t> counts;
  for (const KnownContext& known : kContexts) {
    counts[std::string(known.name)] = known.single_partition ? 1 : partitions;
  }
  return counts;
}

void AddMethods(rpc::MethodTable& methods, const std::vector<rpc::Module>& modules,
                const FeedElsewhere& elsewhere) {
  std::set<std::string> hosted;
  view::Queries queries;
  std::map<std::string, host::OpenFeed> feeds;
  for (const rpc::Module& module : modules) {
    for (const host::ContextSpec& spec : module.contexts) hosted.insert(spec.context);
    queries.insert(module.queries.begin(), module.queries.end());
    feeds.insert(module.feeds.begin(), module.feeds.end());
  }
  for (const KnownService& known : kServices) {
    const auto* service = known.message()->file()->FindServiceByName(known.service);
    if (service == nullptr) {
      fmt::print(stderr, "no service {}\n", known.service);
      std::abort();
    }
    const bool here = hosted.contains(known.context);
    if (known.feeds && !here) {
      std::map<std::string, host::OpenFeed> opened;
      for (int i = 0; i < service->method_count(); ++i) {
        const std::string path = fmt::format("/{}/{}", service->full_name(), service->method(i)->name());
        opened[path] = elsewhere(*service->method(i), known.context);
      }
      methods.AddFeeds(*service, known.context, opened);
    } else if (known.feeds) {
      methods.AddFeeds(*service, known.context, feeds);
    } else if (here) {
      methods.AddService(*service, known.context, queries);
    } else {
      methods.AddServiceElsewhere(*service, known.context);
    }
  }
  for (const rpc::Module& module : modules) {
    for (const std::string& path : module.answered_after_view) methods.AnswerAfterView(path);
  }
}

}  // namespace sanyuan
