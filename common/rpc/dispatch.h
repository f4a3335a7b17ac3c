// A unary call between its transport and the contexts: its caller's access is checked, and it goes to the instance that
// leads the partition of its county; there personal data is sealed, and it is decided (commands) or answered from the
// view (queries). Nothing of gRPC is known here, so every transport and every test takes the same way.
//
// While nobody is known to lead, or the one who was has stopped, the call waits for another, until its deadline: request
// ids make it safe to ask again.
//
// Thread safety: Dispatch may be called from any thread.
#ifndef SANYUAN_COMMON_RPC_DISPATCH_H_
#define SANYUAN_COMMON_RPC_DISPATCH_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/host/host_group.h"
#include "common/rpc/method_table.h"
#include "common/sealed/sealer.h"
#include "common/view/view_store.h"
#include "google/rpc/status.pb.h"

namespace sanyuan::rpc {

// What calls are handed to. Everything outlives every call.
class Forwarder;

struct DispatchServices {
  host::HostGroup& hosts;
  view::ViewStore& views;
  host::Executor& blocking;  // Queries run here, and sealing.
  // Seals personal data in commands before anything else sees it, and opens it in the answers of queries. Without
  // it deciders refuse such data (NOT_SEALED).
  const sealed::Sealer* sealer = nullptr;
  // Passes calls on to the instance that leads their partition. Without it this one leads them all.
  Forwarder* forwarder = nullptr;
};

// The response, or with nullptr the error: its code, ErrorInfo and field violations as errors.h makes them.
using DispatchDone = std::function<void(std::unique_ptr<google::protobuf::Message> response,
                                        const google::rpc::Status& error)>;

// Calls `done` once, on any thread, perhaps before it returns; `done` must not block. A command is answered when its
// decision was read back as accepted; a query waits until `deadline` for the positions that it presents.
void Dispatch(const DispatchServices& services, const Method& method, Caller caller,
              std::unique_ptr<google::protobuf::Message> request, absl::Time deadline, DispatchDone done);

}  // namespace sanyuan::rpc

#endif  // SANYUAN_COMMON_RPC_DISPATCH_H_
