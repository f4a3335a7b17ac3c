#include "common/tracing/log_trace.h"

#include <gtest/gtest.h>

#include <thread>

namespace sanyuan::tracing {
namespace {

TEST(LogTraceTest, TheLastOneCountsOnItsOwnThread) {
  EXPECT_EQ(LogTrace::Current(), nullptr);
  const TraceContext first = NewTrace(), second = NewTrace();
  {
    const LogTrace outer(first);
    EXPECT_EQ(LogTrace::Current()->trace_id, first.trace_id);
    {
      const LogTrace inner(second);
      EXPECT_EQ(LogTrace::Current()->trace_id, second.trace_id);
      EXPECT_EQ(LogTrace::Current()->span_id, second.span_id);
      std::thread([] { EXPECT_EQ(LogTrace::Current(), nullptr); }).join();
    }
    EXPECT_EQ(LogTrace::Current()->trace_id, first.trace_id);
  }
  EXPECT_EQ(LogTrace::Current(), nullptr);
}

}  // namespace
}  // namespace sanyuan::tracing
