// The embedded log as tests open it.
#ifndef SANYUAN_TESTS_ENGINE_EMBEDDED_ENGINE_H_
#define SANYUAN_TESTS_ENGINE_EMBEDDED_ENGINE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "common/log/embedded/embedded_log.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::log {

inline std::unique_ptr<EmbeddedLog> OpenEmbedded(const EmbeddedLogOptions& options) {
  absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = EmbeddedLog::Open(options);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

inline std::unique_ptr<EmbeddedLog> OpenEmbedded(const std::string& directory) {
  EmbeddedLogOptions options;
  options.directory = directory;
  return OpenEmbedded(options);
}

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_EMBEDDED_ENGINE_H_
