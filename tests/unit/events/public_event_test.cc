// What of an event is for everybody, and whose it is.
#include "common/events/public_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/partition/partitioner.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"

namespace sanyuan::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace tmi = three_member_interaction::v1;

registry::v1::RetailerRegistered RegisteredShop() {
  registry::v1::RetailerRegistered event;
  registry::v1::Retailer& shop = *event.mutable_retailer();
  shop.set_county_code("620121");
  shop.set_licence("620121100001");
  shop.mutable_licence_record()->set_licensee("s1.licensee");
  shop.mutable_licence_record()->set_shop_name("s1.shop");
  shop.mutable_licence_record()->set_address("s1.address");
  shop.mutable_licence_record()->set_company("Yongdeng Trading");
  shop.mutable_profile()->set_phone("s1.phone");
  shop.mutable_profile()->set_phone_hash("h1.phone");
  shop.mutable_profile()->set_pin_hash("h1.pin");
  shop.mutable_profile()->set_card_id("CARD7");
  shop.mutable_profile()->set_route_id("R01");
  for (int i = 0; i < 2; ++i) {
    auto& receiver = *shop.mutable_profile()->add_authorised_receivers();
    receiver.set_receiver_id("620121100001-1");
    receiver.set_name("s1.receiver");
    receiver.set_phone_hash("h1.receiver");
  }
  return event;
}

TEST(PublicEvent, PersonalDataIsLeftOutAtAnyDepth) {
  const std::string bytes = events::PublicBytes(RegisteredShop());
  for (const char* text : {"s1.", "h1.", "CARD7"}) EXPECT_THAT(bytes, Not(HasSubstr(text))) << text;
  registry::v1::RetailerRegistered wanted = RegisteredShop();
  registry::v1::Retailer& shop = *wanted.mutable_retailer();
  shop.mutable_licence_record()->clear_licensee();
  shop.mutable_licence_record()->clear_shop_name();
  shop.mutable_licence_record()->clear_address();
  shop.mutable_profile()->clear_phone();
  shop.mutable_profile()->clear_phone_hash();
  shop.mutable_profile()->clear_pin_hash();
  shop.mutable_profile()->clear_card_id();
  for (auto& receiver : *shop.mutable_profile()->mutable_authorised_receivers()) {
    receiver.clear_name();
    receiver.clear_phone_hash();
  }
  EXPECT_EQ(bytes, wanted.SerializeAsString());
}

TEST(PublicEvent, NobodyLearnsWhoReportedAClue) {
  tmi::ClueReported event;
  event.mutable_clue()->set_clue_id("620121-CLUE");
  event.set_reporter_id("REPORTER");
  event.mutable_text()->set_sealed_for("REPORTER");
  event.mutable_text()->set_text("s1.text");
  EXPECT_THAT(events::PublicBytes(event), Not(HasSubstr("REPORTER")));
  EXPECT_THAT(events::PublicBytes(event), Not(HasSubstr("s1.")));
}

TEST(PublicEvent, ItsCountyIsThatOfItsCodeOrElseOfItsIds) {
  const auto about = events::WhatItIsAbout(RegisteredShop(), 0, 1);
  EXPECT_EQ(about.county, 620121U);
  EXPECT_EQ(about.subject, "620121100001");
  order_intake::v1::OrderSubmitted order;
  order.set_order_id("620121-ORDER");
  order.set_licence("620121100001");
  EXPECT_EQ(events::WhatItIsAbout(order, 0, 1).county, 620121U);
  EXPECT_EQ(events::WhatItIsAbout(order, 0, 1).subject, "620121-ORDER");
  allocation::v1::AllowancesOpened opened;
  opened.set_county_code("620121");
  opened.set_month("2019-08");
  EXPECT_EQ(events::WhatItIsAbout(opened, 0, 1).subject, "620121");
  allocation::v1::RetailersNoted noted;
  noted.add_retailers()->set_county_code("620122");
  EXPECT_EQ(events::WhatItIsAbout(noted, 0, 1).county, 620122U);
}

TEST(PublicEvent, DigitsOfACountyOfAnotherPartitionAreNone) {
  order_intake::v1::OrderSubmitted order;
  order.set_order_id("620121-ORDER");
  const int32_t own = partition::PartitionOf(620121, 8);
  EXPECT_EQ(events::WhatItIsAbout(order, own, 8).county, 620121U);
  EXPECT_EQ(events::WhatItIsAbout(order, (own + 1) % 8, 8).county, std::nullopt);
}

TEST(PublicEvent, WhatBelongsToNoCountySaysSo) {
  allocation::v1::SkusNoted skus;
  skus.add_skus()->set_sku("620121900001");
  const auto about = events::WhatItIsAbout(skus, 0, 1);
  EXPECT_EQ(about.county, std::nullopt);
  EXPECT_EQ(about.subject, "");
}

}  // namespace
}  // namespace sanyuan::testing
