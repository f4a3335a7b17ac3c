// What becomes of names, phones and free text on a real server. Run by sealed_test.py, which says in SANYUAN_SERVER
// where the server is, and in SANYUAN_DATA where its data directory is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/sealed/marks.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "sanyuan/registry/v1/organisation.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "sanyuan/three_member_interaction/v1/ticket.pb.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/client/grpc_transport.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/demo/people.h"
#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {
namespace {

namespace reg = registry::v1;
namespace tmi = three_member_interaction::v1;
namespace ops = operations::v1;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint64_t kSeed = 7;
constexpr char kText[] = "店主说上周的货少了两条";
const Caller kOperatorCaller{"op", "OPERATOR", ""};

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

constexpr int64_t kBegin = 1564966800;  // 2019-08-05T09:00:00+08:00, as the server's.

// A county with its people, loaded once.
struct World {
  World()
      : plan(MakePlan(kSeed, 25)),
        client(NewGrpcTransport(Environment("SANYUAN_SERVER")), absl::Minutes(1), kSeed, 4) {
    client.SetNow(absl::FromUnixSeconds(kBegin));
    LoadReference(client);
    WaitUntilRead();
    LoadOrganisation(client, plan);
    LoadRetailers(client, plan);
    WaitUntilRead();
  }
  // A clock is set when every context has read what was loaded. Always to the same time: another process may have
  // loaded the same before.
  void WaitUntilRead() {
    sanyuan::operations::v1::SetClockRequest request;
    request.mutable_now()->set_seconds(kBegin + 1);
    client.Call<sanyuan::operations::v1::SetClockResponse>(kOperator, "", request);
    client.SetNow(absl::FromUnixSeconds(kBegin + 1));
  }
  Plan plan;
  Client client;
};
World& TheWorld() {
  static World world;
  return world;
}

class SealedOnAServer : public ::testing::Test {
 protected:
  SealedOnAServer() : plan_(TheWorld().plan), client_(TheWorld().client) {}

  static tmi::RaiseTicketRequest Ticket(const Shop& shop, const std::string& text) {
    tmi::RaiseTicketRequest request;
    request.set_county_code(kCounty);
    request.set_type(tmi::TICKET_TYPE_LOGISTICS);
    request.set_severity(tmi::TICKET_SEVERITY_S3);
    request.set_licence(shop.licence);
    request.mutable_text()->set_sealed_for(shop.licence);
    request.mutable_text()->set_text(text);
    return request;
  }
  tmi::Ticket Get(const Caller& caller, const tmi::RaiseTicketResponse& raised) {
    tmi::GetTicketRequest request;
    request.set_county_code(kCounty);
    request.set_ticket_id(raised.ticket_id());
    *request.add_after() = raised.position();
    return client_.Call<tmi::GetTicketResponse>(caller, "", request).ticket();
  }
  std::string Digest() {
    return client_.Call<ops::GetDigestResponse>(kOperatorCaller, "", ops::GetDigestRequest()).text();
  }
  // All bytes of the data directory, whatever the file.
  static std::string Files() {
    std::ostringstream all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(Environment("SANYUAN_DATA"))) {
      if (!entry.is_regular_file()) continue;
      if (std::ifstream file(entry.path(), std::ios::binary); file.peek() != EOF) all << file.rdbuf();
    }
    return all.str();
  }
  Caller ManagerOf(const Shop& shop) const {
    return {AccountManager(shop.account_manager), "ACCOUNT_MANAGER"};
  }

  const Plan& plan_;
  Client& client_;
};

TEST_F(SealedOnAServer, NoFileHoldsANameAPhoneAPinOrATextInTheClear) {
  const Shop& shop = plan_.shops[0];
  client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "plain", Ticket(shop, kText));
  Digest();  // Everything is projected and written.
  const std::string files = Files();
  for (const std::string& open : {shop.licence, shop.card, std::string("永登中转站")}) {
    EXPECT_THAT(files.find(open), Not(std::string::npos)) << open << ": nothing can be found here";
  }
  EXPECT_NE(files.find(sealed::kSealedMark), std::string::npos);
  for (const Shop& one : plan_.shops) {
    for (const std::string& hidden :
         {NameOf(kSeed, one.licence), PhoneOf(kSeed, one.licence), ShopNameOf(kSeed, one.licence),
          AddressOf(kSeed, one.licence, plan_.Urban(one.route))}) {
      EXPECT_EQ(files.find(hidden), std::string::npos) << hidden;
    }
  }
  for (const std::string& hidden : {NameOf(kSeed, "AM01"), PhoneOf(kSeed, "AM01"), std::string(kText)}) {
    EXPECT_EQ(files.find(hidden), std::string::npos) << hidden;
  }
}

TEST_F(SealedOnAServer, ATextComesBackToWhoMaySeeTheTicketAndToNobodyElse) {
  const Shop& shop = plan_.shops[1];
  const auto raised = client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "seen", Ticket(shop, kText));
  EXPECT_EQ(Get(ManagerOf(shop), raised).text().text(), kText);
  tmi::GetTicketRequest request;
  request.set_county_code(kCounty);
  request.set_ticket_id(raised.ticket_id());
  tmi::GetTicketResponse response;
  EXPECT_TRUE(client_.Try(RetailerOf(plan_.shops[2]), "", request, &response).Has("NOT_FOUND"));
  EXPECT_EQ(response.ticket().text().text(), "");
}

TEST_F(SealedOnAServer, TheSameRequestAgainGivesTheFirstOutcomeAndAnotherTextIsAnother) {
  const Shop& shop = plan_.shops[3];
  const auto first = client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "twice", Ticket(shop, kText));
  const auto again = client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "twice", Ticket(shop, kText));
  EXPECT_EQ(again.SerializeAsString(), first.SerializeAsString());
  tmi::RaiseTicketResponse none;
  EXPECT_TRUE(
      client_.Try(ManagerOf(shop), "twice", Ticket(shop, "something else"), &none).Has("REQUEST_ID_REUSED"));
}

TEST_F(SealedOnAServer, ClientsSendNoSealedTexts) {
  const Shop& shop = plan_.shops[4];
  tmi::RaiseTicketResponse none;
  const Verdict verdict =
      client_.Try(ManagerOf(shop), "sealed", Ticket(shop, "s1." + std::string(60, 'A')), &none);
  EXPECT_TRUE(verdict.Has("INVALID_FIELD"));
  EXPECT_THAT(verdict.message, HasSubstr("(text.text)"));
  EXPECT_TRUE(client_.Try(ManagerOf(shop), "not sealed", Ticket(shop, kText), &none).ok());
}

TEST_F(SealedOnAServer, WhoIsForgottenIsUnreadableAndTheJournalIsAsItWas) {
  const Shop& shop = plan_.shops[5];
  const Shop& other = plan_.shops[6];
  const auto about = client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "about", Ticket(shop, kText));
  const auto beside =
      client_.Call<tmi::RaiseTicketResponse>(ManagerOf(other), "beside", Ticket(other, kText));
  ASSERT_EQ(Get(ManagerOf(shop), about).text().text(), kText);
  reg::ChangeLicenceRequest cancel;
  cancel.set_county_code(kCounty);
  cancel.set_licence(shop.licence);
  cancel.mutable_licence_record()->set_status(reg::LICENCE_STATUS_CANCELLED);
  cancel.mutable_licence_record()->set_valid_from("2018-03-01");
  cancel.set_reason("closed");
  client_.Call<reg::ChangeLicenceResponse>(kLicenceOffice, shop.licence, cancel);
  const std::string before = Digest();
  ops::VerifyJournalsRequest verify;
  const auto heads = client_.Call<ops::GetStatusResponse>(kOperatorCaller, "", ops::GetStatusRequest());
  for (const auto& status : heads.partitions()) {
    ops::Checkpoint& checkpoint = *verify.add_checkpoints();
    checkpoint.set_context(status.context());
    checkpoint.set_partition(status.partition());
    checkpoint.set_journal_id(status.journal_id());
    checkpoint.set_height(status.height());
    checkpoint.set_head(status.head());
  }

  reg::ForgetPersonRequest forget;
  forget.set_county_code(kCounty);
  forget.set_person(shop.licence);
  forget.set_why("asked for it");
  client_.Call<reg::ForgetPersonResponse>(kOperatorCaller, shop.licence, forget);

  const tmi::Ticket ticket = Get(ManagerOf(shop), about);
  EXPECT_EQ(ticket.text().text(), "");
  EXPECT_EQ(ticket.text().sealed_for(), shop.licence);
  EXPECT_EQ(Get(ManagerOf(other), beside).text().text(), kText);
  tmi::RaiseTicketResponse none;
  EXPECT_TRUE(client_.Try(ManagerOf(shop), "anew", Ticket(shop, kText), &none).Has("PERSON_FORGOTTEN"));
  const auto verified = client_.Call<ops::VerifyJournalsResponse>(kOperatorCaller, "", verify);
  EXPECT_EQ(verified.partitions_size(), heads.partitions_size());
  for (const auto& status : verified.partitions()) {
    EXPECT_FALSE(status.has_damage()) << status.ShortDebugString();
  }
  // The registry knows that the person is forgotten; nothing else changed.
  const auto without_registry = [](const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with("registry ")) lines.push_back(line);
    }
    return lines;
  };
  EXPECT_EQ(without_registry(Digest()), without_registry(before));
  EXPECT_GT(without_registry(before).size(), 0u);
  EXPECT_NE(Digest(), before);
}

TEST_F(SealedOnAServer, TheKeyOfWhoIsStillHereStays) {
  const Shop& shop = plan_.shops[7];
  const auto raised = client_.Call<tmi::RaiseTicketResponse>(ManagerOf(shop), "here", Ticket(shop, kText));
  reg::ForgetPersonRequest forget;
  forget.set_county_code(kCounty);
  forget.set_person(shop.licence);
  forget.set_why("by mistake");
  reg::ForgetPersonResponse none;
  EXPECT_TRUE(client_.Try(kOperatorCaller, shop.licence, forget, &none).Has("WRONG_STATE"));
  EXPECT_EQ(Get(ManagerOf(shop), raised).text().text(), kText);
}

}  // namespace
}  // namespace sanyuan::ctl::demo
