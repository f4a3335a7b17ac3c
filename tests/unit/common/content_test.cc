#include "common/partition/content.h"

#include <gtest/gtest.h>

#include <string>

namespace sanyuan::partition {
namespace {

using journal::v1::Decision;

constexpr int kNoSuchValue = 9999;
// Field 1000, a varint: of no message here.
constexpr char kUnknownField[] = "\xc0\x3e\x01";

absl::Status Read(const Decision& decision) {
  Decision read;
  return ParseKnown(decision.SerializeAsString(), read);
}

Decision Known() {
  Decision decision;
  decision.mutable_command()->set_actor_role(common::v1::ROLE_BANK);
  decision.add_refusals()->set_reason(common::v1::REASON_SKU_CLOSED);
  decision.add_cursors()->set_topic("registry.journal");
  return decision;
}

TEST(Content, WhatThisVersionWritesIsKnown) { EXPECT_TRUE(Read(Known()).ok()); }

TEST(Content, AnUnknownFieldIsFoundInTheMessageAndInMessagesOfIt) {
  Decision read;
  EXPECT_FALSE(ParseKnown(Known().SerializeAsString() + kUnknownField, read).ok());
  for (const bool in_oneof : {true, false}) {
    Decision decision = Known();
    google::protobuf::Message* inner = decision.mutable_command();
    if (!in_oneof) inner = decision.mutable_cursors(0);
    ASSERT_TRUE(inner->MergeFromString(kUnknownField));
    EXPECT_FALSE(Read(decision).ok());
  }
}

TEST(Content, AnUnknownEnumValueIsFoundInRepeatedMessagesAndInOneofs) {
  Decision of_refusal = Known();
  of_refusal.add_refusals()->set_reason(static_cast<common::v1::Reason>(kNoSuchValue));
  EXPECT_FALSE(Read(of_refusal).ok());
  Decision of_command = Known();
  of_command.mutable_command()->set_actor_role(static_cast<common::v1::Role>(kNoSuchValue));
  EXPECT_FALSE(Read(of_command).ok());
}

}  // namespace
}  // namespace sanyuan::partition
