#include "common/tracing/otlp/otlp.h"

#include <fmt/format.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_factory.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/common/global_log_handler.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/trace/batch_span_processor.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/trace/trace_state.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::tracing {
namespace {

namespace sdk = opentelemetry::sdk;
namespace otel = opentelemetry::trace;
namespace nostd = opentelemetry::nostd;

constexpr std::chrono::seconds kEndPatience(2);

constexpr absl::Duration kLogPause = absl::Seconds(10);

// What the SDK logs as an error on this thread. Its exporter over HTTP reports success whatever happens, and says so only
// here.
thread_local uint64_t sdk_errors = 0;

// The SDK would print to standard output, on which others wait for what the server says there. A collector that is away is
// worth a line now and then, not one for each batch.
class LogToOurs final : public sdk::common::internal_log::LogHandler {
 public:
  void Handle(sdk::common::internal_log::LogLevel level, const char* /*file*/, int /*line*/, const char* text,
              const sdk::common::AttributeMap& /*attributes*/) noexcept override {
    if (text == nullptr || level == sdk::common::internal_log::LogLevel::Debug) return;
    if (level == sdk::common::internal_log::LogLevel::Error) ++sdk_errors;
    const int64_t now = absl::GetCurrentTimeNanos();
    int64_t next = next_line_ns_;
    // Also when the clock went back by more than that.
    if (now < next && next - now <= absl::ToInt64Nanoseconds(kLogPause)) return;
    if (!next_line_ns_.compare_exchange_strong(next, now + absl::ToInt64Nanoseconds(kLogPause))) return;
    spdlog::warn("spans can't be sent on: {}", text);
  }

 private:
  std::atomic<int64_t> next_line_ns_{0};
};

struct Counters {
  std::atomic<uint64_t> exported{0};
  std::atomic<uint64_t> failed{0};
  std::atomic<size_t> waiting{0};
  std::atomic<bool> given_up{false};  // Nothing more is sent: the end has waited long enough.
};

// Counts what becomes of the batches of another exporter.
class CountingExporter final : public sdk::trace::SpanExporter {
 public:
  CountingExporter(std::unique_ptr<sdk::trace::SpanExporter> exporter, std::shared_ptr<Counters> counters)
      : exporter_(std::move(exporter)), counters_(std::move(counters)) {}

  std::unique_ptr<sdk::trace::Recordable> MakeRecordable() noexcept override {
    return exporter_->MakeRecordable();
  }
  sdk::common::ExportResult Export(
      const nostd::span<std::unique_ptr<sdk::trace::Recordable>>& spans) noexcept override {
    const size_t count = spans.size();
    if (counters_->given_up) {
      counters_->failed += count;
      return sdk::common::ExportResult::kFailure;
    }
    const uint64_t errors_before = sdk_errors;
    const auto result = exporter_->Export(spans);
    const bool taken = result == sdk::common::ExportResult::kSuccess && sdk_errors == errors_before;
    (taken ? counters_->exported : counters_->failed) += count;
    counters_->waiting -= count;
    return result;
  }
  bool ForceFlush(std::chrono::microseconds timeout) noexcept override {
    return exporter_->ForceFlush(timeout);
  }
  bool Shutdown(std::chrono::microseconds timeout) noexcept override { return exporter_->Shutdown(timeout); }

 private:
  const std::unique_ptr<sdk::trace::SpanExporter> exporter_;
  const std::shared_ptr<Counters> counters_;
};

otel::SpanContext ToSdk(const TraceContext& context) {
  return otel::SpanContext(otel::TraceId(context.trace_id), otel::SpanId(context.span_id),
                           otel::TraceFlags(context.sampled ? otel::TraceFlags::kIsSampled : 0), false,
                           otel::TraceState::FromHeader(context.state));
}

nostd::string_view View(const std::string& text) { return {text.data(), text.size()}; }

class SdkSink final : public OtlpSink {
 public:
  explicit SdkSink(const OtlpOptions& options)
      : resource_(sdk::resource::Resource::Create(
            {{"service.name", options.service}, {"service.version", options.version}})),
        scope_(sdk::instrumentationscope::InstrumentationScope::Create("sanyuan", options.version)),
        counters_(std::make_shared<Counters>()),
        most_waiting_(options.most_waiting) {
    opentelemetry::exporter::otlp::OtlpHttpExporterOptions http;
    http.url = options.endpoint + (options.endpoint.ends_with('/') ? "v1/traces" : "/v1/traces");
    sdk::trace::BatchSpanProcessorOptions batches;
    // One place of it stays empty.
    batches.max_queue_size = options.most_waiting + 1;
    batches.max_export_batch_size = std::min(batches.max_export_batch_size, options.most_waiting / 2);
    batches.schedule_delay_millis = absl::ToChronoMilliseconds(options.pause);
    processor_ = std::make_unique<sdk::trace::BatchSpanProcessor>(
        std::make_unique<CountingExporter>(
            opentelemetry::exporter::otlp::OtlpHttpExporterFactory::Create(http), counters_),
        batches);
  }
  ~SdkSink() override {
    processor_->ForceFlush(kEndPatience);
    counters_->given_up = true;
    processor_->Shutdown(kEndPatience);
  }

  void Take(Span span) override {
    // The SDK would drop it too, after making it, with a line in the log for each.
    if (counters_->waiting.fetch_add(1) >= most_waiting_) {
      --counters_->waiting;
      ++counters_->failed;
      return;
    }
    std::unique_ptr<sdk::trace::Recordable> out = processor_->MakeRecordable();
    out->SetIdentity(ToSdk(span.context), otel::SpanId(std::as_const(span.parent)));
    out->SetName(View(span.name));
    out->SetSpanKind(span.kind == Span::Kind::kServer ? otel::SpanKind::kServer : otel::SpanKind::kInternal);
    out->SetStartTime(absl::ToChronoTime(span.start));
    out->SetDuration(absl::ToChronoNanoseconds(span.end - span.start));
    for (const auto& [name, value] : span.texts) out->SetAttribute(View(name), View(value));
    for (const auto& [name, value] : span.numbers) out->SetAttribute(View(name), value);
    if (span.failed) out->SetStatus(otel::StatusCode::kError, "");
    out->SetResource(resource_);
    out->SetInstrumentationScope(*scope_);
    processor_->OnEnd(std::move(out));
  }

  OtlpCounts counts() const override { return {counters_->exported, counters_->failed}; }

 private:
  // Both outlive the spans, which point to them.
  const sdk::resource::Resource resource_;
  const std::unique_ptr<sdk::instrumentationscope::InstrumentationScope> scope_;
  const std::shared_ptr<Counters> counters_;
  const size_t most_waiting_;
  std::unique_ptr<sdk::trace::BatchSpanProcessor> processor_;
};

}  // namespace

bool CanExport() { return true; }

absl::StatusOr<std::unique_ptr<OtlpSink>> NewOtlpSink(const OtlpOptions& options) {
  if (!options.endpoint.starts_with("http://") && !options.endpoint.starts_with("https://")) {
    return absl::InvalidArgumentError(
        fmt::format("{}: http://HOST:PORT or https:// is wanted", options.endpoint));
  }
  sdk::common::internal_log::GlobalLogHandler::SetLogHandler(
      nostd::shared_ptr<sdk::common::internal_log::LogHandler>(new LogToOurs));
  return std::make_unique<SdkSink>(options);
}

}  // namespace sanyuan::tracing
