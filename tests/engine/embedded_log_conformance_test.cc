// The embedded log under the conformance suite: as it is by default, and with batches and a write-ahead log
// so small that batches split and the log is moved and begun again all the time.
#include <optional>

#include "tests/engine/embedded_engine.h"
#include "tests/engine/log_conformance.h"

namespace sanyuan::log {
namespace {

class EmbeddedEngine : public EngineUnderTest {
 public:
  EmbeddedEngine(const std::string& location, EmbeddedLogOptions options) : options_(std::move(options)) {
    if (location.empty()) scratch_.emplace();
    options_.directory = location.empty() ? scratch_->path() : location;
  }
  std::unique_ptr<Log> Open() override { return OpenEmbedded(options_); }
  std::unique_ptr<Log> OpenWithSmallQueue() override {
    EmbeddedLogOptions small = options_;
    small.max_queued_records = 64;
    small.max_queued_bytes = 64 << 10;
    return OpenEmbedded(small);
  }
  void CreateTopic(const std::string&, int) override {}
  std::string location() const override { return options_.directory; }

 private:
  std::optional<ScratchDirectory> scratch_;
  EmbeddedLogOptions options_;
};

Engine With(const EmbeddedLogOptions& options) {
  return {
      [options](const std::string& location) { return std::make_unique<EmbeddedEngine>(location, options); }};
}

EmbeddedLogOptions Tiny() {
  EmbeddedLogOptions options;
  options.max_batch_records = 61;
  options.max_batch_bytes = 4'000;
  options.checkpoint_from_bytes = 64 << 10;
  options.restart_from_bytes = 256 << 10;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Embedded, LogConformance, ::testing::Values(With({})));
INSTANTIATE_TEST_SUITE_P(EmbeddedInTinyBatches, LogConformance, ::testing::Values(With(Tiny())));

}  // namespace
}  // namespace sanyuan::log
