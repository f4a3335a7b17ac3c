#include "common/digest/digest.h"

#include <gtest/gtest.h>

namespace sanyuan {
namespace {

TEST(BytesFromHex, ComeBackFromTheTextOfADigestInEitherCase) {
  const Digest digest = Sha256("abc");
  EXPECT_EQ(BytesFromHex(digest.Hex()), std::string(digest.view()));
  EXPECT_EQ(BytesFromHex("00fFFf"), std::string("\0\xff\xff", 3));
  EXPECT_EQ(BytesFromHex(""), "");
}

TEST(BytesFromHex, OfAnythingElseAreNone) {
  for (const std::string text :
       {std::string("0"), std::string("0g"), std::string(" 00"), std::string("00 00"), std::string("00:00"),
        std::string("00\0\0", 4), std::string("永登")}) {
    EXPECT_EQ(BytesFromHex(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace sanyuan
