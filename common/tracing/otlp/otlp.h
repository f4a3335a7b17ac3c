// Sends spans on by OTLP over HTTP, through the OpenTelemetry C++ SDK: in batches, from a thread of its own. A build that did
// not find the SDK has the same functions, and says what is missing.
#ifndef SANYUAN_COMMON_TRACING_OTLP_OTLP_H_
#define SANYUAN_COMMON_TRACING_OTLP_OTLP_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tracing/span.h"

namespace sanyuan::tracing {

// Whether this build has the SDK.
bool CanExport();

struct OtlpOptions {
  // As OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", to which "/v1/traces" is added. Certificates, headers and the
  // time-out are those of OTEL_EXPORTER_OTLP_*, as the SDK reads them.
  std::string endpoint;
  // service.name and service.version of all spans; OTEL_RESOURCE_ATTRIBUTES adds others.
  std::string service;
  std::string version;
  // At most so many spans wait or are on their way; more are dropped. At least two.
  size_t most_waiting = 8192;
  // Between two batches.
  absl::Duration pause = absl::Seconds(1);
};

struct OtlpCounts {
  uint64_t exported = 0;  // Spans that the endpoint has taken.
  uint64_t failed = 0;    // That it has not, for whatever reason, or that were too many; they are gone.
};

// Its end sends what waits for two seconds, then waits for the request that is under way, at most for its time-out, and gives
// the rest up.
class OtlpSink : public SpanSink {
 public:
  virtual OtlpCounts counts() const = 0;
};

// InvalidArgument: the endpoint is no http:// or https:// URL. Unimplemented: this build has no SDK.
absl::StatusOr<std::unique_ptr<OtlpSink>> NewOtlpSink(const OtlpOptions& options);

}  // namespace sanyuan::tracing

#endif  // SANYUAN_COMMON_TRACING_OTLP_OTLP_H_
