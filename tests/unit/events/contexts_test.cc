// What holds for the events of every context.
#include "services/sanyuan/contexts.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <vector>

#include "common/events/public_event.h"

namespace sanyuan::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The fields of all events, with those of the messages in them.
std::vector<const FieldDescriptor*> AllFields() {
  std::vector<const FieldDescriptor*> fields;
  std::set<const Descriptor*> reached;
  std::vector<const Descriptor*> next;
  for (const host::ContextSpec& spec : Contexts({}))
    next.push_back(spec.new_domain()->NewEvent()->GetDescriptor());
  while (!next.empty()) {
    const Descriptor& type = *next.back();
    next.pop_back();
    for (int i = 0; i < type.field_count(); ++i) {
      fields.push_back(type.field(i));
      const Descriptor* inner = type.field(i)->message_type();
      if (inner != nullptr && reached.insert(inner).second) next.push_back(inner);
    }
  }
  return fields;
}

TEST(PublicEvent, NoFieldThatIsNamedAfterPersonalDataIsPublished) {
  const std::regex personal(
      "(.*_)?(phone|phone_hash|phone_hashes|pin|pin_hash|card_id|licensee|shop_name|address|contact|reporter_"
      "id|"
      "sealed_for|relatives_licences)");
  size_t found = 0;
  for (const FieldDescriptor* field : AllFields()) {
    if (!std::regex_match(std::string(field->name()), personal)) continue;
    ++found;
    EXPECT_FALSE(events::IsPublished(*field)) << field->full_name();
  }
  EXPECT_GT(found, 20U);
}

TEST(PublicEvent, EachTypeOfAContextIsOneKindOfEvent) {
  // Else the type would not say which of them happened.
  for (const host::ContextSpec& spec : Contexts({})) {
    const auto* oneof = spec.new_domain()->NewEvent()->GetDescriptor()->FindOneofByName("event");
    ASSERT_NE(oneof, nullptr) << spec.context;
    std::set<const Descriptor*> types;
    for (int i = 0; i < oneof->field_count(); ++i) {
      EXPECT_TRUE(types.insert(oneof->field(i)->message_type()).second) << oneof->field(i)->full_name();
    }
  }
}

}  // namespace
}  // namespace sanyuan::testing
