#include "common/log/embedded/identity_file.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/engine/scratch_directory.h"

namespace sanyuan::log {
namespace {

class IdentityFileTest : public ::testing::Test {
 protected:
  IdentityFileTest() : file_(scratch_.path()) {
    identity_.created_at = absl::FromUnixMillis(1'564'963'200'123);
    identity_.partition_count = 8;
    identity_.journal_ids[{"allocation.journal", 0}] =
        std::string("\x00\x01\xfe\xff", 4) + std::string(12, 'i');
    identity_.journal_ids[{"order_intake.journal", 7}] = std::string(16, 'o');
  }
  std::string path() const { return scratch_.path() + "/identity"; }
  void Put(const std::string& text) const { std::ofstream(path()) << text; }

  ScratchDirectory scratch_;
  IdentityFile file_;
  Identity identity_;
};

TEST_F(IdentityFileTest, WhatWasWrittenIsRead) {
  ASSERT_TRUE(file_.Write(identity_).ok());
  const auto read = file_.Read();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, identity_);
  EXPECT_FALSE(std::filesystem::exists(path() + ".unfinished"));
}

TEST_F(IdentityFileTest, NoneIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(file_.Read().status()));
  EXPECT_TRUE(absl::IsNotFound(IdentityFile(scratch_.path() + "/none").Write(identity_)));
}

TEST_F(IdentityFileTest, WritingTheSameAgainChangesNothing) {
  ASSERT_TRUE(file_.Write(identity_).ok());
  EXPECT_TRUE(file_.Write(identity_).ok());
  EXPECT_EQ(*file_.Read(), identity_);
}

TEST_F(IdentityFileTest, ItMayLearnMoreJournals) {
  ASSERT_TRUE(file_.Write(identity_).ok());
  identity_.journal_ids[{"registry.journal", 0}] = std::string(16, 'r');
  ASSERT_TRUE(file_.Write(identity_).ok());
  EXPECT_EQ(*file_.Read(), identity_);
}

TEST_F(IdentityFileTest, ItNeverSaysOtherwiseThanBefore) {
  ASSERT_TRUE(file_.Write(identity_).ok());
  Identity other_id = identity_;
  other_id.journal_ids[{"allocation.journal", 0}] = std::string(16, 'x');
  Identity fewer = identity_;
  fewer.journal_ids.erase({"allocation.journal", 0});
  Identity other_count = identity_;
  other_count.partition_count = 16;
  Identity other_time = identity_;
  other_time.created_at += absl::Seconds(1);
  for (const Identity& other : {other_id, fewer, other_count, other_time}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(file_.Write(other)));
  }
  EXPECT_EQ(*file_.Read(), identity_);
}

TEST_F(IdentityFileTest, AnImpossibleIdentityIsNotWritten) {
  Identity short_id = identity_;
  short_id.journal_ids[{"allocation.journal", 0}] = "short";
  Identity no_partitions = identity_;
  no_partitions.partition_count = 0;
  Identity fine_time = identity_;
  fine_time.created_at += absl::Microseconds(1);
  for (const Identity& impossible : {short_id, no_partitions, fine_time}) {
    EXPECT_TRUE(absl::IsInvalidArgument(file_.Write(impossible)));
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(IdentityFileTest, DamageIsToldFromAbsenceAndFromALaterVersion) {
  ASSERT_TRUE(file_.Write(identity_).ok());
  std::ifstream in(path());
  const std::string sound{std::istreambuf_iterator<char>(in), {}};
  // Cut anywhere, up to the closing brace and the line's end behind it.
  const size_t last_brace = sound.rfind('}');
  for (size_t length = 0; length <= last_brace; length += 7) {
    Put(sound.substr(0, length));
    EXPECT_TRUE(absl::IsDataLoss(file_.Read().status())) << length;
  }
  std::string shorter_id = sound;
  shorter_id.erase(shorter_id.find("6969"), 2);
  std::string no_hex = sound;
  no_hex.replace(no_hex.find("6969"), 2, "xy");
  std::string no_time = sound;
  no_time.replace(no_time.find("2019"), 4, "year");
  std::string fraction = sound;
  fraction.replace(fraction.find(": 8"), 3, ": 8.5");
  for (const std::string& damaged :
       {shorter_id, no_hex, no_time, fraction, std::string("[]"), std::string("{}")}) {
    Put(damaged);
    EXPECT_TRUE(absl::IsDataLoss(file_.Read().status())) << damaged;
    EXPECT_TRUE(absl::IsDataLoss(file_.Write(identity_))) << "damage must not be written over";
  }
  Put(R"({"format": 2, "anything": []})");
  EXPECT_TRUE(absl::IsFailedPrecondition(file_.Read().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(file_.Write(identity_)));
}

TEST_F(IdentityFileTest, WhatACrashLeftUnfinishedDoesNoHarm) {
  std::ofstream(path() + ".unfinished") << "{\"format\": 1, \"crea";
  EXPECT_TRUE(absl::IsNotFound(file_.Read().status()));
  ASSERT_TRUE(file_.Write(identity_).ok());
  EXPECT_EQ(*file_.Read(), identity_);
}

}  // namespace
}  // namespace sanyuan::log
