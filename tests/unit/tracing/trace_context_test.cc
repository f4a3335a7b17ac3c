#include "common/tracing/trace_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace sanyuan::tracing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kParent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string With(size_t place, const std::string& text) {
  return std::string(kParent).replace(place, text.size(), text);
}

TEST(TraceContext, WhatWasReadIsWrittenAgain) {
  const auto context = ParseTrace(kParent, "vendor=a b,tenant@x=1");
  ASSERT_TRUE(context);
  EXPECT_EQ(Text(context->trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(Text(context->span_id), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->state, "vendor=a b,tenant@x=1");
  EXPECT_EQ(Traceparent(*context), kParent);
  EXPECT_FALSE(ParseTrace(With(53, "00"), "")->sampled);
  EXPECT_EQ(Traceparent(*ParseTrace(With(53, "00"), "")), With(53, "00"));
}

TEST(TraceContext, FlagsThatThisVersionDoesNotKnowAreNotPassedOn) {
  EXPECT_EQ(Traceparent(*ParseTrace(With(53, "ff"), "")), With(53, "01"));
  EXPECT_EQ(Traceparent(*ParseTrace(With(53, "fe"), "")), With(53, "00"));
}

TEST(TraceContext, WhatBreaksTheRulesIsNoTraceparent) {
  for (const std::string& text : {
           std::string(),
           std::string(kParent).substr(0, 54),
           kParent + std::string("0"),
           kParent + std::string("-00"),
           " " + std::string(kParent),
           With(0, "ff"),
           With(0, "0x"),
           With(2, "_"),
           With(35, "_"),
           With(52, "_"),
           With(3, "4BF9"),
           With(3, "4bg9"),
           With(3, std::string(32, '0')),
           With(36, std::string(16, '0')),
           With(36, "00F0"),
           With(53, "0g"),
           With(53,
                "1"
                "\xc3"),
       }) {
    EXPECT_FALSE(ParseTrace(text, "")) << text;
  }
}

TEST(TraceContext, ALaterVersionIsReadAsFarAsItMustKeepToThisOne) {
  EXPECT_EQ(Traceparent(*ParseTrace(With(0, "01"), "")), kParent);
  EXPECT_EQ(Traceparent(*ParseTrace(With(0, "cc") + "-what-comes-later", "")), kParent);
  EXPECT_FALSE(ParseTrace(With(0, "cc") + ".what-comes-later", ""));
  EXPECT_FALSE(ParseTrace(With(0, "cc") + "01", ""));
}

TEST(TraceContext, ATracestateIsPassedOnAsItCame) {
  const std::vector<std::string> states = {"a=1",
                                           "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
                                           "a=1 ,\tb=2,,c=3",
                                           "0a-_*/@b=~!",
                                           "a=" + std::string(256, 'x'),
                                           std::string(256, 'k') + "=1"};
  for (const std::string& text : states) {
    EXPECT_EQ(ParseTrace(kParent, text)->state, text);
  }
}

TEST(TraceContext, ATracestateThatBreaksItsRulesIsLeftOutAndNothingElse) {
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i == 0 ? "k" : ",k") + std::to_string(i) + "=1";
  for (const std::string& text :
       {std::string(), std::string(","), std::string("a"), std::string("=1"), std::string("a="),
        std::string("A=1"), std::string("_a=1"), std::string("a=1,a=2"), std::string("a=1=2"),
        std::string("a=\x01"), std::string("a=\xc3\xa9"), "a=" + std::string(257, 'x'),
        std::string(257, 'k') + "=1", many,
        "a=" + std::string(250, 'x') + ",b=" + std::string(250, 'x') + ",c=12345678"}) {
    const auto context = ParseTrace(kParent, text);
    ASSERT_TRUE(context) << text;
    EXPECT_EQ(context->state, "") << text;
  }
}

TEST(TraceContext, HeadersHoldItOrNot) {
  const auto context = ParseTrace(kParent, "a=1");
  EXPECT_THAT(ToTraceHeaders(*context), ElementsAre(Pair("traceparent", kParent), Pair("tracestate", "a=1")));
  EXPECT_THAT(ToTraceHeaders(*ParseTrace(kParent, "")), ElementsAre(Pair("traceparent", kParent)));
  EXPECT_EQ(FromTraceHeaders({{"other", "x"}, {"tracestate", "a=1"}, {"traceparent", kParent}}), context);
  EXPECT_EQ(FromTraceHeaders({{"tracestate", "a=1"}, {"traceparent", kParent}, {"tracestate", "b=2"}})->state,
            "a=1,b=2");
  EXPECT_FALSE(FromTraceHeaders({}));
  EXPECT_FALSE(FromTraceHeaders({{"tracestate", "a=1"}}));
  EXPECT_FALSE(FromTraceHeaders({{"traceparent", "garbled"}}));
  EXPECT_FALSE(FromTraceHeaders({{"traceparent", kParent}, {"traceparent", kParent}}));
}

TEST(TraceContext, TracesThatBeginHereAreDifferent) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const TraceContext trace = NewTrace();
    EXPECT_FALSE(trace.sampled);
    EXPECT_THAT(trace.state, IsEmpty());
    EXPECT_EQ(ParseTrace(Traceparent(trace), ""), trace);
    seen.insert(Text(trace.trace_id));
    seen.insert(Text(trace.span_id));
  }
  EXPECT_EQ(seen.size(), 2000);
}

}  // namespace
}  // namespace sanyuan::tracing
