#include "common/sealed/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/rpc/method_table.h"
#include "common/sealed/cipher.h"
#include "common/sealed/file_key_store.h"
#include "common/sealed/marks.h"
#include "sanyuan/delivery_tracking/v1/device.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "sanyuan/three_member_interaction/v1/clue.pb.h"
#include "services/sanyuan/contexts.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::sealed {
namespace {

using registry::v1::Retailer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kCounty[] = "620121";

class SealerTest : public ::testing::Test {
 protected:
  SealerTest() : keys_(*FileKeyStore::Open(folder_.path(), RandomBytes(kKeyBytes))), sealer_(*keys_) {}

  // What stands against sealing, as "REASON field".
  std::vector<std::string> Seal(google::protobuf::Message& message) {
    const auto refusals = sealer_.Seal(message, kCounty);
    EXPECT_TRUE(refusals.ok()) << refusals.status();
    std::vector<std::string> found;
    if (!refusals.ok()) return found;
    for (const auto& refusal : *refusals) {
      found.push_back(common::v1::Reason_Name(refusal.reason()) + " " + refusal.field());
    }
    return found;
  }
  void Open(google::protobuf::Message& message) {
    const absl::Status opened = sealer_.Open(message, kCounty);
    EXPECT_TRUE(opened.ok()) << opened;
  }

  const ScratchDirectory folder_;
  const std::unique_ptr<KeyStore> keys_;
  const Sealer sealer_;
};

Retailer Shop(const std::string& licence, const std::string& phone) {
  Retailer shop;
  shop.set_licence(licence);
  shop.mutable_licence_record()->set_licensee("王小明");
  shop.mutable_licence_record()->set_shop_name("小明烟酒店");
  shop.mutable_profile()->set_phone(phone);
  shop.mutable_profile()->set_pin_hash("123456");
  shop.mutable_profile()->set_card_id("CARD-7");
  auto& receiver = *shop.mutable_profile()->add_authorised_receivers();
  receiver.set_receiver_id(licence + "-1");
  receiver.set_name("李小红");
  receiver.set_phone("13900139000");
  return shop;
}

TEST_F(SealerTest, WhatIsSealedOpensAgainAndEverythingElseStaysAsItIs) {
  const Retailer plain = Shop("620121100001", "13800138000");
  Retailer shop = plain;
  ASSERT_THAT(UnprotectedPaths(shop, ""), Not(IsEmpty()));
  ASSERT_THAT(Seal(shop), IsEmpty());
  EXPECT_THAT(UnprotectedPaths(shop, ""), IsEmpty());
  for (const char* text : {"王小明", "小明烟酒店", "13800138000", "李小红", "13900139000", "123456"}) {
    EXPECT_THAT(shop.SerializeAsString(), Not(HasSubstr(text)));
    EXPECT_THAT(plain.SerializeAsString(), HasSubstr(text));
  }
  EXPECT_EQ(shop.profile().card_id(), "CARD-7");

  Open(shop);
  EXPECT_EQ(shop.licence_record().licensee(), "王小明");
  EXPECT_EQ(shop.profile().phone(), "13800138000");
  EXPECT_EQ(shop.profile().authorised_receivers(0).name(), "李小红");
  EXPECT_TRUE(IsHashText(shop.profile().phone_hash()));
  EXPECT_TRUE(IsHashText(shop.profile().pin_hash()));
}

TEST_F(SealerTest, OnePhoneOfTwoLicencesHasOneHashHoweverItIsWritten) {
  Retailer first = Shop("620121100001", "13800138000");
  Retailer second = Shop("620121100002", "+86 138-0013-8000");
  Retailer third = Shop("620121100003", "13800138001");
  for (Retailer* shop : {&first, &second, &third}) ASSERT_THAT(Seal(*shop), IsEmpty());
  EXPECT_EQ(first.profile().phone_hash(), second.profile().phone_hash());
  EXPECT_NE(first.profile().phone_hash(), third.profile().phone_hash());
  EXPECT_NE(first.profile().phone(), second.profile().phone());
}

TEST_F(SealerTest, ThePhoneThatADeviceSendsMeetsTheOneOfTheRegister) {
  Retailer shop = Shop("620121100001", "13800138000");
  delivery_tracking::v1::StopReceiptReport report;
  report.set_licence("620121100001");
  report.set_receiver_phone_hash("13800138000");
  report.set_pin_hash("123456");
  ASSERT_THAT(Seal(shop), IsEmpty());
  ASSERT_THAT(Seal(report), IsEmpty());
  EXPECT_EQ(report.receiver_phone_hash(), shop.profile().phone_hash());
  EXPECT_EQ(report.pin_hash(), shop.profile().pin_hash());
}

TEST_F(SealerTest, OnePinOfTwoLicencesHasTwoHashesAndIsNoPhone) {
  Retailer first = Shop("620121100001", "123456");
  Retailer second = Shop("620121100002", "123456");
  ASSERT_THAT(Seal(first), IsEmpty());
  ASSERT_THAT(Seal(second), IsEmpty());
  EXPECT_NE(first.profile().pin_hash(), second.profile().pin_hash());
  EXPECT_NE(first.profile().pin_hash(), first.profile().phone_hash());
}

TEST_F(SealerTest, AHashOfAnotherFieldIsMadeHereWhateverTheClientSent) {
  Retailer shop = Shop("620121100001", "13800138000");
  shop.mutable_profile()->set_phone_hash("h1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  Retailer honest = Shop("620121100001", "13800138000");
  ASSERT_THAT(Seal(shop), IsEmpty());
  ASSERT_THAT(Seal(honest), IsEmpty());
  EXPECT_EQ(shop.profile().phone_hash(), honest.profile().phone_hash());
  shop.mutable_profile()->clear_phone();
  ASSERT_THAT(Seal(*shop.mutable_profile()), Not(IsEmpty()));  // The rest is sealed already.
}

TEST_F(SealerTest, ClientsMaySendNeitherSealedTextsNorHashes) {
  Retailer sealed = Shop("620121100001", "13800138000");
  ASSERT_THAT(Seal(sealed), IsEmpty());
  Retailer again;
  again.set_licence("620121100001");
  again.mutable_licence_record()->set_licensee(sealed.licence_record().licensee());
  again.mutable_profile()->set_pin_hash(sealed.profile().pin_hash());
  EXPECT_THAT(Seal(again), ::testing::UnorderedElementsAre("REASON_INVALID_FIELD licence_record.licensee",
                                                           "REASON_INVALID_FIELD profile.pin_hash"));
}

TEST_F(SealerTest, ATextThatNamesNobodyIsRefusedByField) {
  three_member_interaction::v1::ReportClueRequest request;
  request.set_county_code(kCounty);
  request.mutable_text()->set_text("看见他在别处卖");
  EXPECT_THAT(Seal(request), ::testing::ElementsAre("REASON_INVALID_FIELD text.text"));
  request.mutable_text()->set_sealed_for("a b");
  EXPECT_THAT(Seal(request), ::testing::ElementsAre("REASON_INVALID_FIELD text.text"));
  request.mutable_text()->set_sealed_for("620121100001");
  EXPECT_THAT(Seal(request), IsEmpty());
}

TEST_F(SealerTest, ATextThatIsTooLongIsRefusedAndTheLongestOneFits) {
  three_member_interaction::v1::ReportClueRequest request;
  request.mutable_text()->set_sealed_for("620121100001");
  request.mutable_text()->set_text(std::string(kLongestPlain + 1, 'x'));
  EXPECT_THAT(Seal(request), ::testing::ElementsAre("REASON_TOO_LARGE text.text"));
  request.mutable_text()->set_text(std::string(kLongestPlain, 'x'));
  EXPECT_THAT(Seal(request), IsEmpty());
  EXPECT_LE(request.text().text().size(), 8192u);
}

TEST_F(SealerTest, ASealedTextDoesNotOpenInAnotherFieldOrForAnotherPerson) {
  Retailer shop = Shop("620121100001", "13800138000");
  ASSERT_THAT(Seal(shop), IsEmpty());
  Retailer other_field = shop;
  other_field.mutable_profile()->set_contact(shop.profile().phone());
  EXPECT_EQ(sealer_.Open(other_field, kCounty).code(), absl::StatusCode::kDataLoss);

  Retailer other = Shop("620121100002", "13700137000");
  ASSERT_THAT(Seal(other), IsEmpty());
  other.mutable_profile()->set_phone(shop.profile().phone());
  Open(other);
  EXPECT_EQ(other.profile().phone(), "");
  EXPECT_EQ(other.licence_record().licensee(), "王小明");

  Retailer elsewhere = shop;
  ASSERT_TRUE(sealer_.Open(elsewhere, "620122").ok());
  EXPECT_EQ(elsewhere.profile().phone(), "");
  Open(shop);
  EXPECT_EQ(shop.profile().phone(), "13800138000");
}

TEST_F(SealerTest, AChangedSealedTextIsAnErrorAndNeverAnotherText) {
  Retailer shop = Shop("620121100001", "13800138000");
  ASSERT_THAT(Seal(shop), IsEmpty());
  std::string& phone = *shop.mutable_profile()->mutable_phone();
  phone[phone.size() - 5] = phone[phone.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(sealer_.Open(shop, kCounty).code(), absl::StatusCode::kDataLoss);
}

TEST_F(SealerTest, AForgottenPersonsTextsAreEmptyAndThoseOfOthersStay) {
  Retailer shop = Shop("620121100001", "13800138000");
  Retailer other = Shop("620121100002", "13800138000");
  ASSERT_THAT(Seal(shop), IsEmpty());
  ASSERT_THAT(Seal(other), IsEmpty());
  ASSERT_TRUE(keys_->Forget("620121/620121100001", true).ok());
  Open(shop);
  Open(other);
  EXPECT_EQ(shop.licence_record().licensee(), "");
  EXPECT_EQ(shop.profile().authorised_receivers(0).name(), "");
  EXPECT_EQ(shop.profile().card_id(), "CARD-7");
  EXPECT_EQ(other.licence_record().licensee(), "王小明");
}

TEST_F(SealerTest, NothingIsSealedForWhoWasForgotten) {
  ASSERT_TRUE(keys_->Forget("620121/620121100001", true).ok());
  Retailer shop;
  shop.set_licence("620121100001");
  shop.mutable_licence_record()->set_licensee("王小明");
  EXPECT_THAT(Seal(shop), ::testing::ElementsAre("REASON_PERSON_FORGOTTEN licence_record.licensee"));
}

// A key that was lost and made anew (keys.db of another time) must not make old texts errors, nor readable.
TEST_F(SealerTest, ATextOfAKeyThatIsGoneStaysUnreadableWhenThePersonHasANewOne) {
  Retailer shop = Shop("620121100001", "13800138000");
  ASSERT_THAT(Seal(shop), IsEmpty());
  const ScratchDirectory folder;
  const auto keys = *FileKeyStore::Open(folder.path(), RandomBytes(kKeyBytes));
  const Sealer sealer(*keys);
  Retailer fresh = Shop("620121100001", "13800138000");
  ASSERT_TRUE(sealer.Seal(fresh, kCounty).ok());
  ASSERT_TRUE(sealer.Open(shop, kCounty).ok());
  EXPECT_EQ(shop.profile().phone(), "");
  ASSERT_TRUE(sealer.Open(fresh, kCounty).ok());
  EXPECT_EQ(fresh.profile().phone(), "13800138000");
}

TEST_F(SealerTest, TheContentOfARequestIsTheSameEachTimeAndTellsNothingWithoutTheKey) {
  const std::string content = rpc::ContentOf(Shop("620121100001", "13800138000"));
  EXPECT_EQ(sealer_.KeyedContent(content), sealer_.KeyedContent(content));
  EXPECT_EQ(sealer_.KeyedContent(content).size(), content.size());
  EXPECT_NE(sealer_.KeyedContent(content), content);
  EXPECT_NE(sealer_.KeyedContent(content),
            sealer_.KeyedContent(rpc::ContentOf(Shop("620121100001", "13800138001"))));
}

// Every personal text of the contracts finds its person in the messages around it, in requests and responses.
void RequirePersons(const google::protobuf::Descriptor& type,
                    std::vector<const google::protobuf::Descriptor*> around, int& found) {
  if (std::count(around.begin(), around.end(), &type) > 0) return;
  around.push_back(&type);
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *type.field(i);
    if (field.message_type() != nullptr) RequirePersons(*field.message_type(), around, found);
    const common::v1::Personal* personal = PersonalOf(field);
    if (personal == nullptr) continue;
    ++found;
    if (personal->hash() && !personal->per_person()) continue;
    EXPECT_TRUE(std::any_of(around.begin(), around.end(),
                            [&](const auto* message) {
                              const auto* person = message->FindFieldByName(personal->person_field());
                              return person != nullptr &&
                                     person->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
                            }))
        << around.front()->full_name() << ": " << field.full_name();
  }
}

TEST(Contracts, EveryPersonalFieldSaysWhoseItIs) {
  rpc::MethodTable methods;
  AddContextMethods(methods);
  int found = 0;
  for (const auto& [path, method] : methods.methods()) {
    const int before = found;
    RequirePersons(*method.request->GetDescriptor(), {}, found);
    if (found > before) {
      EXPECT_NE(method.request->GetDescriptor()->FindFieldByName("county_code"), nullptr) << path;
    }
    RequirePersons(*method.response->GetDescriptor(), {}, found);
  }
  EXPECT_GT(found, 50);
}

}  // namespace
}  // namespace sanyuan::sealed
