// The other half of access: an attempt that is to be recorded passes the edge (access_test.cc), and then the decider
// refuses it and puts on record who tried what (R52, R86). For every RPC and role that a contract names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "common/rpc/method_table.h"
#include "services/sanyuan/contexts.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::AnyOf;
using ::testing::ElementsAre;

constexpr char kCounty[] = "620121";

std::vector<common::v1::Reason> ReasonsOf(const partition::Outcome& outcome) {
  std::vector<common::v1::Reason> reasons;
  for (const common::v1::Refusal& refusal : outcome.refusals) reasons.push_back(refusal.reason());
  return reasons;
}

// The record of the attempt; nullptr when the event is another one.
const Message* AttemptIn(const Message& event) {
  const auto* body =
      event.GetReflection()->GetOneofFieldDescriptor(event, event.GetDescriptor()->oneof_decl(0));
  if (body == nullptr || body->name() != "forbidden_action_attempted") return nullptr;
  return &event.GetReflection()->GetMessage(event, body);
}

// Whether some field of the record holds the value, whatever its context calls it.
bool Holds(const Message& attempt, const std::string& text) {
  const auto& type = *attempt.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        attempt.GetReflection()->GetString(attempt, field) == text) {
      return true;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
        attempt.GetReflection()->GetEnum(attempt, field)->name() == text) {
      return true;
    }
  }
  return false;
}

std::shared_ptr<Message> RequestOf(const Method& method) {
  std::shared_ptr<Message> request = method.NewRequest();
  if (const auto* county = request->GetDescriptor()->FindFieldByName("county_code")) {
    request->GetReflection()->SetString(request.get(), county, kCounty);
  }
  return request;
}

TEST(ForbiddenAttempt, IsRefusedAndRecordedByEveryDeciderThatTheContractNames) {
  MethodTable methods;
  AddContextMethods(methods);
  std::map<std::string, std::unique_ptr<partition::Domain>> domains;
  for (const host::ContextSpec& spec : Contexts(ServeOptions{})) domains[spec.context] = spec.new_domain();
  int attempts = 0;
  for (const auto& [path, method] : methods.methods()) {
    for (const int role : method.access.recorded()) {
      SCOPED_TRACE(path + " " + common::v1::Role_Name(static_cast<common::v1::Role>(role)));
      ASSERT_TRUE(method.command) << "a read can't be recorded";
      partition::Command command;
      command.county = *CountyOfId(kCounty);
      command.actor = {"S17", static_cast<common::v1::Role>(role)};
      command.method = path;
      command.received_at = absl::FromUnixSeconds(1'565'000'000);
      command.request = RequestOf(method);
      const partition::Stamp stamp{command.received_at, command.received_at, command.actor, path,
                                   command.request_id};
      const partition::Outcome outcome = domains.at(method.context)->Decide(command, stamp);
      // Of an order it is said that staff may not place it (R78).
      EXPECT_THAT(ReasonsOf(outcome),
                  ElementsAre(AnyOf(common::v1::REASON_FORBIDDEN_ACTION, common::v1::REASON_STAFF_ACTOR)));
      ASSERT_EQ(outcome.events.size(), 1u);
      const Message* attempt = AttemptIn(*outcome.events.front());
      ASSERT_NE(attempt, nullptr);
      EXPECT_TRUE(Holds(*attempt, "S17"));
      EXPECT_TRUE(Holds(*attempt, common::v1::Role_Name(static_cast<common::v1::Role>(role))));
      ++attempts;
    }
  }
  EXPECT_GT(attempts, 40);
}

}  // namespace
}  // namespace sanyuan::rpc
