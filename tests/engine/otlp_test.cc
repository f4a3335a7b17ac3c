// Spans at a collector: an HTTP server that reads what comes by the published messages of OpenTelemetry's protocol.
#include "common/tracing/otlp/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <opentelemetry/proto/collector/trace/v1/trace_service.pb.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sanyuan::tracing {
namespace {

namespace proto = opentelemetry::proto;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Pair;

class Collector {
 public:
  explicit Collector(int status = 200) {
    http_.Post("/v1/traces", [this, status](const httplib::Request& request, httplib::Response& response) {
      proto::collector::trace::v1::ExportTraceServiceRequest batch;
      EXPECT_EQ(request.get_header_value("Content-Type"), "application/x-protobuf");
      EXPECT_TRUE(batch.ParseFromString(request.body));
      const std::lock_guard lock(mutex_);
      received_.MergeFrom(batch);
      ++requests_;
      changed_.notify_all();
      response.status = status;
      response.set_content("", "application/x-protobuf");
    });
    port_ = http_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { http_.listen_after_bind(); });
  }
  ~Collector() {
    while (!http_.is_running()) std::this_thread::yield();
    http_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void AwaitRequest() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return requests_ > 0; });
  }
  std::vector<proto::trace::v1::Span> Spans() {
    const std::lock_guard lock(mutex_);
    std::vector<proto::trace::v1::Span> spans;
    for (const auto& of_resource : received_.resource_spans()) {
      for (const auto& of_scope : of_resource.scope_spans()) {
        spans.insert(spans.end(), of_scope.spans().begin(), of_scope.spans().end());
      }
    }
    return spans;
  }
  std::map<std::string, std::string> Resource() {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::string> texts;
    if (received_.resource_spans().empty()) return texts;
    for (const auto& one : received_.resource_spans(0).resource().attributes()) {
      texts[one.key()] = one.value().string_value();
    }
    return texts;
  }

 private:
  httplib::Server http_;
  std::thread thread_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  proto::collector::trace::v1::ExportTraceServiceRequest received_;
  int requests_ = 0;
};

OtlpOptions To(const std::string& endpoint) {
  OtlpOptions options;
  options.endpoint = endpoint;
  options.service = "sanyuan-test";
  options.version = "1.2.3";
  options.pause = absl::Milliseconds(10);
  return options;
}

Span SomeSpan() {
  Span span;
  span.name = "sanyuan.order_intake.v1.OrderService/SubmitOrder";
  span.kind = Span::Kind::kServer;
  span.context = *ParseTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "vendor=x");
  span.parent = {1, 2, 3, 4, 5, 6, 7, 8};
  span.start = absl::FromUnixNanos(1'560'000'000'123'456'789);
  span.end = span.start + absl::Microseconds(1'500);
  span.texts = {{"rpc.system", "grpc"}};
  span.numbers = {{"rpc.grpc.status_code", 13}};
  return span;
}

template <typename Bytes>
std::string Raw(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Otlp, ASpanComesToTheCollectorAsItIs) {
  ASSERT_TRUE(CanExport());
  Collector collector;
  const Span span = SomeSpan();
  {
    auto sink = NewOtlpSink(To(collector.url()));
    ASSERT_TRUE(sink.ok()) << sink.status();
    (*sink)->Take(span);
    collector.AwaitRequest();
  }
  const auto spans = collector.Spans();
  ASSERT_EQ(spans.size(), 1);
  EXPECT_EQ(spans[0].trace_id(), Raw(span.context.trace_id));
  EXPECT_EQ(spans[0].span_id(), Raw(span.context.span_id));
  EXPECT_EQ(spans[0].parent_span_id(), Raw(span.parent));
  EXPECT_EQ(spans[0].trace_state(), "vendor=x");
  EXPECT_EQ(spans[0].name(), span.name);
  EXPECT_EQ(spans[0].kind(), proto::trace::v1::Span::SPAN_KIND_SERVER);
  EXPECT_EQ(spans[0].start_time_unix_nano(), 1'560'000'000'123'456'789);
  EXPECT_EQ(spans[0].end_time_unix_nano(), 1'560'000'000'124'956'789);
  ASSERT_EQ(spans[0].attributes_size(), 2);
  EXPECT_EQ(spans[0].attributes(0).key(), "rpc.system");
  EXPECT_EQ(spans[0].attributes(0).value().string_value(), "grpc");
  EXPECT_EQ(spans[0].attributes(1).key(), "rpc.grpc.status_code");
  EXPECT_EQ(spans[0].attributes(1).value().int_value(), 13);
  EXPECT_NE(spans[0].status().code(), proto::trace::v1::Status::STATUS_CODE_ERROR);
  EXPECT_THAT(collector.Resource(),
              IsSupersetOf({Pair("service.name", "sanyuan-test"), Pair("service.version", "1.2.3")}));
}

TEST(Otlp, TheFirstSpanOfATraceHasNoParentAndWhatFailedSaysSo) {
  Collector collector;
  {
    auto sink = NewOtlpSink(To(collector.url() + "/"));
    ASSERT_TRUE(sink.ok()) << sink.status();
    Span span = SomeSpan();
    span.kind = Span::Kind::kInternal;
    span.parent = {};
    span.failed = true;
    (*sink)->Take(std::move(span));
  }  // Its end sends what waits.
  const auto spans = collector.Spans();
  ASSERT_EQ(spans.size(), 1);
  EXPECT_EQ(spans[0].parent_span_id().find_first_not_of('\0'), std::string::npos);
  EXPECT_EQ(spans[0].kind(), proto::trace::v1::Span::SPAN_KIND_INTERNAL);
  EXPECT_EQ(spans[0].status().code(), proto::trace::v1::Status::STATUS_CODE_ERROR);
}

TEST(Otlp, WhatBecomesOfSpansIsCounted) {
  Collector good, bad(400);
  for (auto [collector, exported, failed] : {std::tuple(&good, 20, 0), std::tuple(&bad, 0, 20)}) {
    auto sink = NewOtlpSink(To(collector->url()));
    ASSERT_TRUE(sink.ok()) << sink.status();
    for (int i = 0; i < 20; ++i) (*sink)->Take(SomeSpan());
    while ((*sink)->counts().exported + (*sink)->counts().failed < 20) std::this_thread::yield();
    EXPECT_EQ((*sink)->counts().exported, exported);
    EXPECT_EQ((*sink)->counts().failed, failed);
  }
}

TEST(Otlp, ACollectorThatIsAwayHoldsNobodyUp) {
  std::string gone;
  { gone = Collector().url(); }
  OtlpOptions options = To(gone);
  options.most_waiting = 64;
  auto sink = NewOtlpSink(options);
  ASSERT_TRUE(sink.ok()) << sink.status();
  // Far more than may wait: who takes them would have to wait for room, if anybody did.
  for (int i = 0; i < 10'000; ++i) (*sink)->Take(SomeSpan());
  while ((*sink)->counts().failed < 10'000) std::this_thread::yield();
  EXPECT_EQ((*sink)->counts().exported, 0);
}

TEST(Otlp, AnEndpointThatIsNoUrlIsRefusedByName) {
  for (const std::string endpoint : {"127.0.0.1:4318", "grpc://127.0.0.1:4317", "file:///tmp/x"}) {
    const auto sink = NewOtlpSink(To(endpoint));
    EXPECT_TRUE(absl::IsInvalidArgument(sink.status())) << sink.status();
    EXPECT_THAT(std::string(sink.status().message()), HasSubstr(endpoint));
  }
}

}  // namespace
}  // namespace sanyuan::tracing
