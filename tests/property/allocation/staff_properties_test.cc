// Invariant 21 against the real decider: whatever account managers, marketing managers, delivery staff and
// inspectors try on allowances, rations, supply and runs is refused, recorded and changes nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "sanyuan/allocation/v1/allowance.pb.h"
#include "sanyuan/allocation/v1/ration.pb.h"
#include "sanyuan/allocation/v1/run.pb.h"
#include "sanyuan/allocation/v1/supply.pb.h"
#include "tests/support/allocation_county.h"

namespace sanyuan::testing {
namespace {

using namespace allocation;  // NOLINT(google-build-using-namespace)
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

const std::vector<common::v1::Role> kStaffRoles = {
    common::v1::ROLE_ACCOUNT_MANAGER, common::v1::ROLE_MARKETING_MANAGER, common::v1::ROLE_DELIVERY_STAFF,
    common::v1::ROLE_INSPECTOR};

// Commands that make or change an allowance, a ration, supply or a run.
std::vector<const MethodDescriptor*> Commands() {
  std::vector<const MethodDescriptor*> commands;
  for (const auto* file :
       {v1::OpenMonthRequest::descriptor()->file(), v1::PublishRationsRequest::descriptor()->file(),
        v1::ResumeRunRequest::descriptor()->file(), v1::ConfirmSupplyRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const MethodDescriptor* method = file->service(s)->method(m);
        if (method->input_type()->FindFieldByName("header") != nullptr) commands.push_back(method);
      }
    }
  }
  return commands;
}

// Any content: what is asked for must not matter.
void FillAnyhow(google::protobuf::Message& message, int depth) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->is_repeated() || !*rc::gen::arbitrary<bool>()) continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&message, field,
                             *rc::gen::element<std::string>("620121", kWindow, kRun, "2019-08", "x"));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&message, field, *rc::gen::inRange<int64_t>(-2, 1000));
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&message, field, *rc::gen::inRange(-2, 1000));
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth > 0) FillAnyhow(*reflection.MutableMessage(&message, field), depth - 1);
        break;
      default:
        break;
    }
  }
}

RC_GTEST_PROP(AllocationStaff, Invariant21NoStaffRoleMakesOrChangesAnything, ()) {
  AllocationCounty county;
  county.PublishPolicy();
  county.ListSkus(2);
  county.Register({{.number = 1}, {.number = 2}});
  std::vector<AllocationCounty::Order> orders = {{1, {{1, 9}}}, {2, {{1, 9}, {2, 3}}}};
  if (*rc::gen::arbitrary<bool>()) county.Allocate(orders, {{1, 10}});
  const auto business = county.domain().store().BusinessDigests();
  const std::vector<const MethodDescriptor*> commands = Commands();
  const MethodDescriptor* method = commands[*rc::gen::inRange<size_t>(0, commands.size())];
  const auto* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
  std::shared_ptr<google::protobuf::Message> request(prototype->New());
  FillAnyhow(*request, 1);
  partition::Stamp stamp;
  stamp.decided_at = stamp.received_at = county.now();
  stamp.actor = Staff("620121S09", *rc::gen::elementOf(kStaffRoles));
  stamp.method = fmt::format("/{}/{}", method->service()->full_name(), method->name());
  partition::Command command;
  command.county = 620121;
  command.actor = stamp.actor;
  command.method = stamp.method;
  command.received_at = stamp.received_at;
  command.request = request;
  const partition::Outcome outcome = county.domain().Decide(command, stamp);
  RC_ASSERT(outcome.refused());
  RC_ASSERT(outcome.response == nullptr);
  RC_ASSERT(outcome.events.size() == 1U);
  const auto& event = static_cast<const v1::Event&>(*outcome.events[0]);
  RC_ASSERT(event.has_forbidden_action_attempted());
  RC_ASSERT(event.forbidden_action_attempted().actor_id() == stamp.actor.id);
  RC_ASSERT(event.forbidden_action_attempted().method() == stamp.method);
  county.domain().store().BeginRecord(1'000'000);
  RC_ASSERT(county.domain().Evolve(event, stamp).ok());
  RC_ASSERT(county.domain().store().BusinessDigests() == business);
}

// No contract lets one of them in either.
TEST(AllocationStaff, NoCommandAllowsAStaffRoleAndEachRecordsThemAll) {
  ASSERT_GE(Commands().size(), 8U);
  for (const MethodDescriptor* method : Commands()) {
    const auto& access = method->options().GetExtension(common::v1::access);
    for (const common::v1::Role role : kStaffRoles) {
      EXPECT_EQ(std::count(access.allowed().begin(), access.allowed().end(), role), 0) << method->full_name();
      EXPECT_EQ(std::count(access.recorded().begin(), access.recorded().end(), role), 1)
          << method->full_name();
    }
  }
}

}  // namespace
}  // namespace sanyuan::testing
