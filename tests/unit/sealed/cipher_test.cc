#include "common/sealed/cipher.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "common/sealed/master_key.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::sealed {
namespace {

void Write(const std::string& path, const std::string& content, mode_t mode) {
  std::ofstream(path, std::ios::binary) << content;
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

TEST(Cipher, WhatWasLockedOpensAgainAndOnlyAsWhatItIs) {
  const std::string key = RandomBytes(kKeyBytes);
  const std::string locked = Lock(key, "name of A", "王小明");
  EXPECT_EQ(Unlock(key, "name of A", locked), "王小明");
  EXPECT_EQ(Unlock(key, "name of B", locked), std::nullopt);
  EXPECT_EQ(Unlock(RandomBytes(kKeyBytes), "name of A", locked), std::nullopt);
  EXPECT_EQ(Unlock(key, "name of A", ""), std::nullopt);
}

TEST(Cipher, EveryFlippedBitIsFound) {
  const std::string key = RandomBytes(kKeyBytes);
  const std::string locked = Lock(key, "x", "13800138000");
  for (size_t bit = 0; bit < locked.size() * 8; ++bit) {
    std::string damaged = locked;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(Unlock(key, "x", damaged), std::nullopt) << bit;
  }
}

TEST(Cipher, TheSameTextIsNeverLockedTheSameTwice) {
  const std::string key = RandomBytes(kKeyBytes);
  EXPECT_NE(Lock(key, "x", "text").substr(0, kNonceBytes), Lock(key, "x", "text").substr(0, kNonceBytes));
}

TEST(MasterKey, IsReadFromAFileThatOnlyItsOwnerMayReadAndThatHoldsNothingElse) {
  const ScratchDirectory folder;
  const std::string path = folder.path() + "/master";
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kNotFound);
  const std::string key = RandomBytes(kKeyBytes);
  Write(path, key, 0600);
  EXPECT_EQ(*ReadMasterKey(path), key);
  Write(path, key, 0640);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kPermissionDenied);
  Write(path, key.substr(1), 0600);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kInvalidArgument);
  Write(path, key + "\n", 0600);
  EXPECT_EQ(ReadMasterKey(path).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MasterKey, OfDevelopmentIsMadeOnceAndReadable) {
  const ScratchDirectory folder;
  const auto made = ReadOrMakeMasterKey(folder.path() + "/master");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(*ReadMasterKey(folder.path() + "/master"), *made);
  EXPECT_EQ(*ReadOrMakeMasterKey(folder.path() + "/master"), *made);
}

}  // namespace
}  // namespace sanyuan::sealed
