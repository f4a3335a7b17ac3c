// A directory of a test's own, removed with all in it in the end.
#ifndef SANYUAN_TESTS_ENGINE_SCRATCH_DIRECTORY_H_
#define SANYUAN_TESTS_ENGINE_SCRATCH_DIRECTORY_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sanyuan {

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

}  // namespace sanyuan

#endif  // SANYUAN_TESTS_ENGINE_SCRATCH_DIRECTORY_H_
