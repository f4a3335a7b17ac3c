#include "common/auth/identity.h"

#include <fmt/format.h>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace sanyuan::auth {
namespace {

constexpr absl::string_view kRolePrefix = "ROLE_";

}  // namespace

std::string RoleName(common::v1::Role role) { return common::v1::Role_Name(role).substr(kRolePrefix.size()); }

absl::StatusOr<Identity> IdentityOf(
    bool trusted, const std::function<std::optional<std::string>(std::string_view)>& value_of) {
  if (!trusted)
    return absl::UnauthenticatedError("this server accepts no callers yet but in development mode");
  Identity identity;
  const std::optional<std::string> role = value_of(kRoleKey);
  if (!role || !common::v1::Role_Parse("ROLE_" + *role, &identity.actor.role) ||
      identity.actor.role == common::v1::ROLE_UNSPECIFIED || identity.actor.role == common::v1::ROLE_SYSTEM) {
    return absl::UnauthenticatedError(fmt::format("{}: not a role that a caller can have", kRoleKey));
  }
  identity.actor.id = value_of(kActorKey).value_or("");
  if (identity.actor.id.empty()) return absl::UnauthenticatedError(fmt::format("{}: missing", kActorKey));
  identity.unit = value_of(kUnitKey).value_or("");
  if (identity.unit.size() > 6 || identity.unit.find_first_not_of("0123456789") != std::string::npos) {
    return absl::UnauthenticatedError(fmt::format("{}: not the start of a county code", kUnitKey));
  }
  if (const auto forwarded = value_of(kForwardedKey)) {
    int64_t us = 0;
    if (!absl::SimpleAtoi(*forwarded, &us)) {
      return absl::UnauthenticatedError(fmt::format("{}: not a time", kForwardedKey));
    }
    identity.forwarded_us = us;
  }
  return identity;
}

}  // namespace sanyuan::auth
