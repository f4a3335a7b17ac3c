#include "common/digest/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sanyuan {
namespace {

TEST(BytesFromHex, ComeBackFromTheTextOfADigestInEitherCase) {
  const Digest digest = Sha256("abc");
  EXPECT_EQ(BytesFromHex(digest.Hex()), std::string(digest.view()));
  EXPECT_EQ(BytesFromHex("00fFFf"), std::string("\0\xff\xff", 3));
  EXPECT_EQ(BytesFromHex(""), "");
}

TEST(BytesFromHex, OfAnythingElseAreNone) {
  const std::vector<std::string> others = {"0",   "0g", " 00", "00 00", "00:00", std::string("00\0\0", 4),
                                           "永登"};
  for (const std::string& text : others) {
    EXPECT_EQ(BytesFromHex(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sanyuan
