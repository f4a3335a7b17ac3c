// The build without the OpenTelemetry SDK, whatever this machine has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tracing/otlp/otlp.h"

namespace sanyuan::tracing {
namespace {

TEST(NoOtlp, AnEndpointIsRefusedAndTheMessageNamesWhatIsMissing) {
  EXPECT_FALSE(CanExport());
  OtlpOptions options;
  options.endpoint = "http://127.0.0.1:4318";
  const auto sink = NewOtlpSink(options);
  EXPECT_TRUE(absl::IsUnimplemented(sink.status())) << sink.status();
  EXPECT_THAT(std::string(sink.status().message()), ::testing::HasSubstr("opentelemetry-cpp-dev"));
}

}  // namespace
}  // namespace sanyuan::tracing
