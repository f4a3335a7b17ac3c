// The embedded log as tests open it, in a scratch directory.
#ifndef SANYUAN_TESTS_ENGINE_EMBEDDED_ENGINE_H_
#define SANYUAN_TESTS_ENGINE_EMBEDDED_ENGINE_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "common/log/embedded/embedded_log.h"
#include "tests/engine/log_conformance.h"

namespace sanyuan::log {

// A directory of its own, removed with all in it in the end.
class ScratchDirectory {
 public:
  ScratchDirectory() : path_(std::filesystem::temp_directory_path() / "sanyuan_engine.XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::unique_ptr<EmbeddedLog> OpenEmbedded(EmbeddedLogOptions options) {
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
