// Where the events of every context belong.
#include "services/sanyuan/contexts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "common/reshard/scope.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"

namespace sanyuan::reshard {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

std::vector<const Descriptor*> EventTypes(const host::ContextSpec& spec) {
  std::vector<const Descriptor*> types;
  const auto* oneof = spec.new_domain()->NewEvent()->GetDescriptor()->FindOneofByName("event");
  for (int i = 0; i < oneof->field_count(); ++i) types.push_back(oneof->field(i)->message_type());
  return types;
}

// Whether a message of the type can say a county, itself or in what is inside.
bool CanNameACounty(const Descriptor& type, std::set<const Descriptor*>& looked_at) {
  if (!looked_at.insert(&type).second) return false;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string name(field.name());
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        (name == "county_code" || (name.size() > 3 && name.substr(name.size() - 3) == "_id"))) {
      return true;
    }
    if (field.message_type() != nullptr && CanNameACounty(*field.message_type(), looked_at)) return true;
  }
  return false;
}

TEST(Scope, EachEventOfAContextWithSeveralPartitionsIsOfACountyOrOfAll) {
  for (const host::ContextSpec& spec : Contexts({})) {
    if (spec.single_partition) continue;
    size_t everywhere = 0;
    for (const Descriptor* type : EventTypes(spec)) {
      std::set<const Descriptor*> looked_at;
      EXPECT_TRUE(StandsEverywhere(*type) || CanNameACounty(*type, looked_at)) << type->full_name();
      everywhere += StandsEverywhere(*type) ? 1 : 0;
    }
    EXPECT_GT(everywhere, 0U) << spec.context << " reads registry.reference, which belongs to no county";
  }
}

TEST(Scope, IsTheCountyCodeElseTheFirstIdThatBeginsWithACode) {
  allocation::v1::RetailersNoted retailers;
  retailers.add_retailers()->set_county_code("620121");
  EXPECT_EQ(**ScopeOf(retailers), 620121U);
  allocation::v1::AllocationPage page;
  page.set_run_id("620122-20190805-1-0");
  EXPECT_EQ(**ScopeOf(page), 620122U);
  order_intake::v1::StaffDevicesNoted staff;
  staff.set_staff_id("999999-1");
  staff.set_county_code("620121");
  EXPECT_EQ(**ScopeOf(staff), 620121U);
}

TEST(Scope, DigitsAtTheBeginningOfALicenceAreNoCounty) {
  order_intake::v1::OrderCancelled cancelled;
  cancelled.set_order_id("620121");
  EXPECT_EQ(ScopeOf(cancelled).status().code(), absl::StatusCode::kInvalidArgument);
  cancelled.set_order_id("620121100001");
  EXPECT_FALSE(ScopeOf(cancelled).ok());
}

TEST(Scope, CopiesOfTheReferenceStandEverywhereAlsoWhenTheyNameACounty) {
  order_intake::v1::CountyNoted county;
  county.set_county_code("620121");
  const auto scope = ScopeOf(county);
  ASSERT_TRUE(scope.ok());
  EXPECT_FALSE(scope->has_value());
}

}  // namespace
}  // namespace sanyuan::reshard
