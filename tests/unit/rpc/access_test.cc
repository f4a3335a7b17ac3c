#include <gtest/gtest.h>

#include <set>

#include "common/auth/identity.h"
#include "tests/unit/rpc/all_methods.h"

namespace sanyuan::rpc {
namespace {

template <typename Roles>
std::set<int> SetOf(const Roles& roles) {
  return {roles.begin(), roles.end()};
}

TEST(Access, EveryRoleMayCallWhatTheContractNamesAndNothingElse) {
  const MethodTable methods = AllMethods();
  ASSERT_GT(methods.methods().size(), 40u);
  for (const auto& [path, method] : methods.methods()) {
    const std::set<int> allowed = SetOf(method.access.allowed());
    const std::set<int> recorded = SetOf(method.access.recorded());
    EXPECT_FALSE(allowed.empty()) << path;
    for (int number = common::v1::Role_MIN; number <= common::v1::Role_MAX; ++number) {
      const auto role = static_cast<common::v1::Role>(number);
      const Caller caller{{"somebody", role}, "620121"};
      const bool passes = !CheckAccess(method, caller, "620121").has_value();
      const bool expected =
          role != common::v1::ROLE_SYSTEM && (allowed.contains(role) || recorded.contains(role));
      EXPECT_EQ(passes, expected) << path << " " << common::v1::Role_Name(role);
    }
  }
}

TEST(Access, WhatIsRecordedWhenForbiddenIsNotAllowed) {
  const MethodTable methods = AllMethods();
  for (const auto& [path, method] : methods.methods()) {
    for (const int role : SetOf(method.access.recorded())) {
      EXPECT_FALSE(SetOf(method.access.allowed()).contains(role)) << path;
    }
  }
}

TEST(Access, NoStaffRoleMayCreateOrChangeAnOrder) {
  const MethodTable methods = AllMethods();
  for (const char* name : {"SubmitOrder", "AmendOrder", "CancelOrder"}) {
    const Method* method = methods.Find(std::string("/sanyuan.order_intake.v1.OrderService/") + name);
    ASSERT_NE(method, nullptr);
    EXPECT_EQ(SetOf(method->access.allowed()), std::set<int>{common::v1::ROLE_RETAILER}) << name;
    EXPECT_TRUE(SetOf(method->access.recorded()).contains(common::v1::ROLE_ACCOUNT_MANAGER)) << name;
  }
}

TEST(Access, ACallerStaysWithinTheOwnUnit) {
  const MethodTable methods = AllMethods();
  const Method& method = *methods.Find("/sanyuan.order_intake.v1.OrderService/GetOrder");
  const auto refused = [&](std::string unit, std::string county) {
    return CheckAccess(method, {{"auditor", common::v1::ROLE_AUDITOR}, std::move(unit)}, county).has_value();
  };
  EXPECT_FALSE(refused("620121", "620121"));
  EXPECT_FALSE(refused("6201", "620121"));
  EXPECT_FALSE(refused("", "620121"));
  EXPECT_TRUE(refused("620122", "620121"));
  EXPECT_TRUE(refused("63", "620121"));
}

TEST(Identity, IsTrustedFromMetadataInDevelopmentModeOnly) {
  const auto value = [](std::string_view key) -> std::optional<std::string> {
    if (key == auth::kRoleKey) return "RETAILER";
    if (key == auth::kActorKey) return "620121100001";
    return std::nullopt;
  };
  EXPECT_TRUE(auth::IdentityOf(true, value).ok());
  EXPECT_FALSE(auth::IdentityOf(false, value).ok());
}

TEST(Identity, NobodyCanClaimToBeTheSystem) {
  const auto value = [](std::string_view key) -> std::optional<std::string> {
    return key == auth::kRoleKey ? "SYSTEM" : "somebody";
  };
  EXPECT_FALSE(auth::IdentityOf(true, value).ok());
}

TEST(Content, IsThatOfTheClientsOwnFields) {
  const MethodTable methods = AllMethods();
  const Method& method = *methods.Find("/sanyuan.order_intake.v1.OrderService/CancelOrder");
  const auto request = [&](const char* id, const char* county) {
    auto message = method.NewRequest();
    const auto& reflection = *message->GetReflection();
    const auto* header = message->GetDescriptor()->FindFieldByName("header");
    auto* header_message = reflection.MutableMessage(message.get(), header);
    header_message->GetReflection()->SetString(
        header_message, header_message->GetDescriptor()->FindFieldByName("request_id"), id);
    reflection.SetString(message.get(), message->GetDescriptor()->FindFieldByName("county_code"), county);
    return ContentOf(*message);
  };
  EXPECT_EQ(request("one", "620121"), request("two", "620121"));
  EXPECT_NE(request("one", "620121"), request("one", "620122"));
}

}  // namespace
}  // namespace sanyuan::rpc
