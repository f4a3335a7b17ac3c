// Prints every allocated line of the demo day, with the explanation record that anybody may ask for, through the
// public API: one JSON object a line. Usage: allocated_lines HOST:PORT
#include <fmt/format.h>

#include <set>
#include <string>

#include "google/protobuf/util/json_util.h"
#include "sanyuan/allocation/v1/run.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/client/grpc_transport.h"
#include "services/sanyuanctl/demo/catalogue.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/order_cycle.h"

namespace sanyuan::ctl::demo {
namespace {

std::set<std::string> ShopsThatOrdered(Client& client) {
  std::set<std::string> licences;
  order_intake::v1::ListOrdersRequest request;
  request.set_county_code(kCounty);
  request.set_window_id(kWindow);
  request.set_page_size(200);
  do {
    const auto page = client.Call<order_intake::v1::ListOrdersResponse>(kAuditor, "", request);
    for (const auto& order : page.orders()) {
      if (order.state() != order_intake::v1::ORDER_STATE_CANCELLED) licences.insert(order.licence());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return licences;
}

// Protobuf 26 gave the option another name.
void PrintZeros(auto& options) {
  if constexpr (requires { options.always_print_fields_with_no_presence; }) {
    options.always_print_fields_with_no_presence = true;
  } else {
    options.always_print_primitive_fields = true;
  }
}

void PrintLines(const std::string& server) {
  Client client(NewGrpcTransport(server), absl::Minutes(1), 1, 1);
  for (const std::string& licence : ShopsThatOrdered(client)) {
    allocation::v1::GetAllocationRequest get;
    get.set_county_code(kCounty);
    get.set_window_id(kWindow);
    get.set_licence(licence);
    const auto answer = client.Call<allocation::v1::GetAllocationResponse>(kAuditor, "", get);
    for (const auto& allocation : answer.allocations()) {
      for (const auto& line : allocation.lines()) {
        google::protobuf::util::JsonPrintOptions options;
        PrintZeros(options);
        options.preserve_proto_field_names = true;
        std::string text;
        if (!google::protobuf::util::MessageToJsonString(line, &text, options).ok())
          throw Unexpected("a line that can't be printed");
        fmt::print("{{\"licence\":\"{}\",\"order_id\":\"{}\",\"line\":{}}}\n", licence, allocation.order_id(),
                   text);
      }
    }
  }
}

}  // namespace
}  // namespace sanyuan::ctl::demo

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: allocated_lines HOST:PORT\n");
    return 2;
  }
  try {
    sanyuan::ctl::demo::PrintLines(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
