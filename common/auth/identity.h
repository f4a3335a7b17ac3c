// Who calls. Until tokens come, identity is call metadata, which only development mode trusts.
// Pure, any thread.
#ifndef SANYUAN_COMMON_AUTH_IDENTITY_H_
#define SANYUAN_COMMON_AUTH_IDENTITY_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/partition/domain.h"

namespace sanyuan::auth {

// Metadata keys of development mode.
inline constexpr std::string_view kActorKey = "sanyuan-actor";  // Licence or staff id.
inline constexpr std::string_view kRoleKey = "sanyuan-role";    // "RETAILER", as in Role without its prefix.
inline constexpr std::string_view kUnitKey = "sanyuan-unit";    // "620121", "6201", "62" or empty.
// Of a call that another instance passes on: when the first instance received it, microseconds since the epoch.
inline constexpr std::string_view kForwardedKey = "sanyuan-forwarded";

struct Identity {
  partition::Actor actor;
  std::string unit;
  std::optional<int64_t> forwarded_us;
};

// As in metadata: "RETAILER".
std::string RoleName(common::v1::Role role);

// `value_of` gives the value of a metadata key, nullopt when it was not sent. Unauthenticated when `trusted` is
// false, or when the metadata name no role that a caller can have; the message names the key.
absl::StatusOr<Identity> IdentityOf(
    bool trusted, const std::function<std::optional<std::string>(std::string_view)>& value_of);

}  // namespace sanyuan::auth

#endif  // SANYUAN_COMMON_AUTH_IDENTITY_H_
