// What strangers and broken clients send: every call is answered with a typed error that names the field, and the
// server goes on serving. Run by with_server.py, which says in SANYUAN_SERVER where the server is.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "google/rpc/status.pb.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "sanyuan/order_intake/v1/order.pb.h"

namespace sanyuan {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSubmit[] = "/sanyuan.order_intake.v1.OrderService/SubmitOrder";
constexpr char kUpload[] = "/sanyuan.delivery_tracking.v1.DeviceService/UploadDeviceEvents";
constexpr char kGetClock[] = "/sanyuan.operations.v1.OperationsService/GetClock";
constexpr int kConnections = 2000;

struct Answer {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::vector<std::string> reasons, fields;
};

std::string Address() {
  const char* address = std::getenv("SANYUAN_SERVER");
  return address == nullptr ? "" : address;
}

struct Caller {
  std::string id = "620121100001";
  std::string role = "RETAILER";
  std::string unit = "620121";
  bool deadline = true;
};

Answer Send(const std::string& method, const std::string& bytes, const Caller& caller = {}) {
  static const auto channel = [] {
    grpc::ChannelArguments arguments;
    arguments.SetMaxSendMessageSize(-1);
    return grpc::CreateCustomChannel(Address(), grpc::InsecureChannelCredentials(), arguments);
  }();
  grpc::ClientContext context;
  if (caller.deadline) context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context.AddMetadata("sanyuan-actor", caller.id);
  context.AddMetadata("sanyuan-role", caller.role);
  context.AddMetadata("sanyuan-unit", caller.unit);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  grpc::GenericStub(channel).UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                                       [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  Answer answer{status.error_code(), {}, {}};
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  for (const auto& detail : details.details()) {
    if (google::rpc::ErrorInfo info; detail.UnpackTo(&info)) answer.reasons.push_back(info.reason());
    if (google::rpc::BadRequest bad; detail.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) answer.fields.push_back(violation.field());
    }
  }
  return answer;
}

order_intake::v1::SubmitOrderRequest Order() {
  static int number = 0;
  order_intake::v1::SubmitOrderRequest request;
  // A UUIDv7 of 2019-08-05T01:00:00Z, the server's time.
  request.mutable_header()->set_request_id(fmt::format("016c5f4a-4a80-7000-8000-{:012x}", ++number));
  request.set_county_code("620121");
  request.set_licence("620121100001");
  request.set_window_id("620121-20190806-1");
  request.set_channel(order_intake::v1::ORDER_CHANNEL_APP);
  request.add_lines()->set_sku("310181");
  request.mutable_lines(0)->set_requested_cartons(1);
  return request;
}

bool Serves() { return Send(kGetClock, "").code == grpc::StatusCode::OK; }

class BadInput : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(Address(), Not(IsEmpty())) << "SANYUAN_SERVER says where the server is";
  }
  void TearDown() override { EXPECT_TRUE(Serves()); }
};

TEST_F(BadInput, BytesThatAreNoMessageAreRefused) {
  for (const std::string& bytes :
       {std::string("\xff\xff\xff\xff"), std::string("\x0a\x7f"), std::string(64, '\x80')}) {
    const Answer answer = Send(kSubmit, bytes);
    EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(answer.reasons, Contains("INVALID_FIELD"));
  }
}

TEST_F(BadInput, RandomBytesNeverPassAndNeverStopTheServer) {
  std::mt19937 random(20190805);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_NE(Send(i % 2 == 0 ? kSubmit : kUpload, bytes).code, grpc::StatusCode::OK);
  }
}

TEST_F(BadInput, WrongValuesNameTheirField) {
  const auto refuses = [](const std::string& field, auto change) {
    order_intake::v1::SubmitOrderRequest request = Order();
    change(request);
    const Answer answer = Send(kSubmit, request.SerializeAsString());
    EXPECT_NE(answer.code, grpc::StatusCode::OK) << field;
    EXPECT_THAT(answer.reasons, Not(IsEmpty())) << field;
    EXPECT_THAT(answer.fields, Contains(field)) << ::testing::PrintToString(answer.reasons);
  };
  refuses("header.request_id", [](auto& request) { request.mutable_header()->clear_request_id(); });
  refuses("header.request_id", [](auto& request) { request.mutable_header()->set_request_id("not a uuid"); });
  refuses("licence", [](auto& request) { request.clear_licence(); });
  refuses("window_id", [](auto& request) { request.set_window_id("yesterday"); });
  refuses("lines", [](auto& request) { request.clear_lines(); });
  refuses("lines[0].requested_cartons",
          [](auto& request) { request.mutable_lines(0)->set_requested_cartons(-1); });
  refuses("window_id", [](auto& request) { request.set_window_id("620121-20300101-1"); });
}

TEST_F(BadInput, ACountyThatIsNoneOrNotTheCallersIsRefused) {
  for (const char* county : {"", "62012", "abcdef", "110101"}) {
    order_intake::v1::SubmitOrderRequest request = Order();
    request.set_county_code(county);
    const Answer answer = Send(kSubmit, request.SerializeAsString());
    EXPECT_NE(answer.code, grpc::StatusCode::OK) << county;
    EXPECT_THAT(answer.reasons, Not(IsEmpty())) << county;
  }
}

TEST_F(BadInput, ACallWithoutADeadlineIsRefused) {
  Caller caller;
  caller.deadline = false;
  const Answer answer = Send(kSubmit, Order().SerializeAsString(), caller);
  EXPECT_EQ(answer.code, grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.reasons, Contains("DEADLINE_MISSING"));
}

TEST_F(BadInput, ACallerWithoutARoleIsUnauthenticated) {
  Caller caller;
  caller.role = "EMPEROR";
  const Answer answer = Send(kSubmit, Order().SerializeAsString(), caller);
  EXPECT_EQ(answer.code, grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(answer.reasons, Contains("UNAUTHENTICATED"));
}

TEST_F(BadInput, AnOversizedMessageIsRefused) {
  order_intake::v1::SubmitOrderRequest request = Order();
  request.set_reference(std::string(5 << 20, 'x'));
  EXPECT_EQ(Send(kSubmit, request.SerializeAsString()).code, grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(BadInput, AMethodThatIsNoneIsUnimplemented) {
  EXPECT_EQ(Send("/sanyuan.order_intake.v1.OrderService/StealOrder", "").code,
            grpc::StatusCode::UNIMPLEMENTED);
}

// Closes what it opened.
class Connections {
 public:
  ~Connections() {
    for (const int socket : sockets_) ::close(socket);
  }
  // False when the peer does not take it.
  bool Open(const std::string& bytes) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return false;
    sockets_.push_back(socket);
    const std::string address = Address();
    const size_t colon = address.rfind(':');
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) return false;
    return bytes.empty() || ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }

 private:
  std::vector<int> sockets_;
};

TEST_F(BadInput, GarbageOnTheWireDisturbsNobody) {
  Connections connections;
  std::mt19937 random(20190805);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(1 + random() % 500, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_TRUE(connections.Open(i % 2 == 0 ? bytes : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes));
  }
  EXPECT_TRUE(Serves());
}

TEST_F(BadInput, TwoThousandIdleConnectionsDisturbNobody) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = files.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  Connections connections;
  for (int i = 0; i < kConnections; ++i) ASSERT_TRUE(connections.Open("")) << i;
  EXPECT_TRUE(Serves());
}

}  // namespace
}  // namespace sanyuan
