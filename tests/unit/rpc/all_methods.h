// Every RPC of the all-in-one server, those of the operations too, without a server behind them.
#ifndef SANYUAN_TESTS_UNIT_RPC_ALL_METHODS_H_
#define SANYUAN_TESTS_UNIT_RPC_ALL_METHODS_H_

#include <map>
#include <memory>
#include <string>

#include "common/rpc/method_table.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "services/sanyuan/contexts.h"

namespace sanyuan::rpc {

inline MethodTable AllMethods() {
  MethodTable methods;
  AddContextMethods(methods);
  const auto& operations =
      *operations::v1::GetClockRequest::descriptor()->file()->FindServiceByName("OperationsService");
  std::map<std::string, LocalFn> functions;
  for (int i = 0; i < operations.method_count(); ++i) {
    functions[std::string(operations.method(i)->name())] =
        [](const Caller&,
           const google::protobuf::Message&) -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
      return absl::UnimplementedError("nothing is served here");
    };
  }
  methods.AddLocalService(operations, std::move(functions));
  return methods;
}

}  // namespace sanyuan::rpc

#endif  // SANYUAN_TESTS_UNIT_RPC_ALL_METHODS_H_
