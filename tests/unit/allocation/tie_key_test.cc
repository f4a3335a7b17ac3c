#include "services/allocation/domain/maths/tie_key.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/digest/digest.h"
#include "gtest/gtest.h"

namespace sanyuan::allocation {
namespace {

constexpr std::string_view kSecret = "0123456789abcdef";

TieKey Draw(std::string_view secret, std::string_view cycle, std::string_view sku, std::string_view licence) {
  auto keys = TieKeys::Create(secret, cycle, sku);
  EXPECT_TRUE(keys.ok()) << keys.status();
  return keys->Of(licence);
}

// As Python's hmac and hashlib give it, so that anybody can check a published lottery.
TEST(TieKey, IsHmacSha256OverLengthPrefixedFields) {
  EXPECT_EQ(Draw(kSecret, "2026-W03", "6901028075831", "620121100001").Hex(),
            "5fabb05da433a9307f03c76be9a9de2555d93f7f55fa71a98333a1c79ccbae20");
}

TEST(TieKey, AgreesWithTheOneShotHmacForEveryLengthOfLicence) {
  auto keys = TieKeys::Create(kSecret, "c", "s");
  ASSERT_TRUE(keys.ok());
  for (size_t length = 0; length < 200; ++length) {
    const std::string licence(length, 'x');
    std::string message("\0\0\0\1c\0\0\0\1s\0\0\0", 13);
    message.push_back(static_cast<char>(length));
    message += licence;
    EXPECT_EQ(keys->Of(licence), HmacSha256(kSecret).Of(message)) << length;
  }
}

TEST(TieKey, DoesNotConfuseWhereOneFieldEndsAndTheNextBegins) {
  EXPECT_NE(Draw(kSecret, "ab", "c", "d"), Draw(kSecret, "a", "bc", "d"));
  EXPECT_NE(Draw(kSecret, "a", "bc", "d"), Draw(kSecret, "a", "b", "cd"));
}

TEST(TieKey, IsDrawnAnewForEachCycleSkuLicenceAndSecret) {
  const TieKey key = Draw(kSecret, "c", "s", "l");
  EXPECT_EQ(key, Draw(kSecret, "c", "s", "l"));
  EXPECT_NE(key, Draw(kSecret, "c2", "s", "l"));
  EXPECT_NE(key, Draw(kSecret, "c", "s2", "l"));
  EXPECT_NE(key, Draw(kSecret, "c", "s", "l2"));
  EXPECT_NE(key, Draw("0123456789abcdeF", "c", "s", "l"));
}

TEST(TieKey, DoesNotDependOnWhatWasDrawnBefore) {
  auto keys = TieKeys::Create(kSecret, "c", "s");
  ASSERT_TRUE(keys.ok());
  const TieKey first = keys->Of("1");
  keys->Of("a much longer licence number");
  TieKeys moved = *std::move(keys);
  EXPECT_EQ(moved.Of("1"), first);
}

TEST(TieKey, NeedsASecretThatCannotBeGuessed) {
  EXPECT_EQ(TieKeys::Create("0123456789abcde", "c", "s").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TieKeys::Create(kSecret, std::string((1 << 20) + 1, 'c'), "s").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sanyuan::allocation
