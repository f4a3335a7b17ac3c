// Of builds that did not find the SDK.
#include "common/tracing/otlp/otlp.h"

namespace sanyuan::tracing {

bool CanExport() { return false; }

absl::StatusOr<std::unique_ptr<OtlpSink>> NewOtlpSink(const OtlpOptions&) {
  return absl::UnimplementedError(
      "this program was built without the OpenTelemetry C++ SDK (opentelemetry-cpp-dev, see "
      "deploy/packages.sh otlp)");
}

}  // namespace sanyuan::tracing
