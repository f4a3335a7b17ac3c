#include "common/rpc/remote_status.h"

namespace sanyuan::rpc {

google::rpc::Status RemoteStatus(const grpc::Status& status) {
  google::rpc::Status error;
  if (status.ok()) return error;
  if (!error.ParseFromString(status.error_details())) error.Clear();
  const bool unseen = status.error_code() == grpc::StatusCode::CANCELLED && error.details().empty();
  error.set_code(static_cast<int>(unseen ? grpc::StatusCode::UNAVAILABLE : status.error_code()));
  error.set_message(status.error_message());
  return error;
}

}  // namespace sanyuan::rpc
