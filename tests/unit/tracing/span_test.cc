#include "common/tracing/span.h"

#include <gtest/gtest.h>

namespace sanyuan::tracing {
namespace {

class Nowhere final : public SpanSink {
 public:
  void Take(Span) override {}
};

class BeginCallTest : public ::testing::Test {
 protected:
  static TraceContext Incoming(bool sampled) {
    TraceContext context = NewTrace();
    context.sampled = sampled;
    context.state = "a=1";
    return context;
  }

  Nowhere sink_;
  const Recording recording_{&sink_, 1};
};

TEST_F(BeginCallTest, WithoutRecordingTheCallersTraceGoesOnAsItCame) {
  for (const bool sampled : {false, true}) {
    const TraceContext incoming = Incoming(sampled);
    const CallTrace call = BeginCall(incoming, {});
    EXPECT_EQ(call.context, incoming);
    EXPECT_TRUE(call.carried);
    EXPECT_EQ(call.sink, nullptr);
  }
}

TEST_F(BeginCallTest, WithoutRecordingATraceOfOurOwnStaysHere) {
  const CallTrace call = BeginCall(std::nullopt, {});
  EXPECT_TRUE(ParseTrace(Traceparent(call.context), ""));
  EXPECT_FALSE(call.carried);
  EXPECT_EQ(call.sink, nullptr);
}

TEST_F(BeginCallTest, ASampledTraceGetsASpanBehindTheCallers) {
  const TraceContext incoming = Incoming(true);
  const CallTrace call = BeginCall(incoming, recording_);
  EXPECT_EQ(call.context.trace_id, incoming.trace_id);
  EXPECT_NE(call.context.span_id, incoming.span_id);
  EXPECT_EQ(call.context.state, incoming.state);
  EXPECT_EQ(call.parent, incoming.span_id);
  EXPECT_TRUE(call.context.sampled);
  EXPECT_TRUE(call.carried);
  EXPECT_EQ(call.sink, &sink_);
}

TEST_F(BeginCallTest, WhoeverDecidedNotToRecordATraceIsFollowed) {
  const TraceContext incoming = Incoming(false);
  const CallTrace call = BeginCall(incoming, recording_);
  EXPECT_EQ(call.context, incoming);
  EXPECT_TRUE(call.carried);
  EXPECT_EQ(call.sink, nullptr);
}

TEST_F(BeginCallTest, ATraceThatBeginsHereIsItsFirstSpan) {
  const CallTrace call = BeginCall(std::nullopt, recording_);
  EXPECT_EQ(call.parent, SpanId{});
  EXPECT_TRUE(call.context.sampled);
  EXPECT_TRUE(call.carried);
  EXPECT_EQ(call.sink, &sink_);
}

TEST_F(BeginCallTest, TheRatioIsThatOfTracesThatBeginHere) {
  EXPECT_EQ(BeginCall(std::nullopt, {&sink_, 0}).sink, nullptr);
  EXPECT_EQ(BeginCall(Incoming(true), {&sink_, 0}).sink, &sink_);
  int recorded = 0;
  for (int i = 0; i < 10'000; ++i)
    recorded += BeginCall(std::nullopt, {&sink_, 0.25}).sink != nullptr ? 1 : 0;
  // Twelve standard deviations of 43 around the mean.
  EXPECT_NEAR(recorded, 2'500, 520);
}

}  // namespace
}  // namespace sanyuan::tracing
