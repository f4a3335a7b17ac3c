// Every RPC that this process serves, read from the descriptors: what it takes and gives, who may call it, and
// which context decides or answers it. The one place where access is enforced.
//
// Immutable after it was filled; any thread.
#ifndef SANYUAN_COMMON_RPC_METHOD_TABLE_H_
#define SANYUAN_COMMON_RPC_METHOD_TABLE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/host/feed.h"
#include "common/partition/domain.h"
#include "common/tracing/span.h"
#include "common/view/query.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "sanyuan/common/v1/access.pb.h"

namespace sanyuan::rpc {

// Who calls: from tokens later, from call metadata in development mode.
struct Caller {
  partition::Actor actor;
  // The unit that the caller belongs to, as the start of a county code: "620121" a county, "6201" a city, "62" a
  // province, "" everything.
  std::string unit;
  // Of a call that another instance has passed on, which goes no further: when the first one received it.
  std::optional<absl::Time> forwarded_at = std::nullopt;
  // Of the call.
  tracing::CallTrace trace = {};
  absl::Time deadline = absl::InfiniteFuture();
};

// Answers a call of the operations: may take as long as the call's deadline.
using LocalFn = std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(
    const Caller& caller, const google::protobuf::Message& request)>;

struct Method {
  std::string path;     // "/sanyuan.order_intake.v1.OrderService/SubmitOrder"
  std::string context;  // Whose journal or view: "order_intake", "registry.reference".
  common::v1::Access access;
  bool command = false;                                // Its request carries a CommandHeader.
  const google::protobuf::Message* request = nullptr;  // Prototypes.
  const google::protobuf::Message* response = nullptr;
  view::QueryFn query;  // Of queries.
  LocalFn local;        // Of what the process answers itself.
  host::OpenFeed feed;  // Of server-streaming methods.
  // Of a command: done only when the view of its context shows it.
  bool answer_after_view = false;

  std::unique_ptr<google::protobuf::Message> NewRequest() const;
  std::unique_ptr<google::protobuf::Message> NewResponse() const;
};

class MethodTable {
 public:
  // Adds all methods of a service to a context. REQUIRES: each is a command or has a query.
  void AddService(const google::protobuf::ServiceDescriptor& service, const std::string& context,
                  const std::map<std::string, view::QueryFn>& queries);

  // All methods of a service that another process answers.
  void AddServiceElsewhere(const google::protobuf::ServiceDescriptor& service, const std::string& context);

  // A service of server-streaming methods. REQUIRES: each has its feed, by its path.
  void AddFeeds(const google::protobuf::ServiceDescriptor& service, const std::string& context,
                const std::map<std::string, host::OpenFeed>& feeds);
  // REQUIRES: every method of the service has its function.
  void AddLocalService(const google::protobuf::ServiceDescriptor& service,
                       std::map<std::string, LocalFn> functions);

  // The command is answered when the view shows it. REQUIRES: it was added, and its context has a view.
  void AnswerAfterView(std::string_view path);

  const Method* Find(std::string_view path) const;
  const std::map<std::string, Method, std::less<>>& methods() const { return methods_; }

 private:
  std::map<std::string, Method, std::less<>> methods_;
};

// Why this caller may not make this call for this county; nothing when he may. An attempt that is to be recorded
// passes: the decider refuses and records it.
std::optional<common::v1::Refusal> CheckAccess(const Method& method, const Caller& caller,
                                               std::string_view county_code);

// The same for every county that the request names, in `county_code` or `county_codes`.
std::optional<common::v1::Refusal> CheckAccess(const Method& method, const Caller& caller,
                                               const google::protobuf::Message& request);

// The request's `county_code`; empty when it has none or an empty one.
std::string CountyCodeOf(const google::protobuf::Message& request);
// The request's CommandHeader, nullptr for queries.
const google::protobuf::Message* HeaderOf(const google::protobuf::Message& request);
// First 16 bytes of the digest over the client's own fields: all but the header, in canonical form.
std::string ContentOf(const google::protobuf::Message& request);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_METHOD_TABLE_H_
