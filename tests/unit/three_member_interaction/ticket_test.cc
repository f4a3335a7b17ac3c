// A problem is over when its raiser says so (R56); what is late goes up.
#include "services/three_member_interaction/domain/ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/support/three_member_county.h"

namespace sanyuan::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Ticket, IsRaisedOwnedSolvedAndConfirmed) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S2);
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_OPEN);
  EXPECT_THAT(county.Own(id).refusals, IsEmpty());
  EXPECT_THAT(ReasonsOf(county.Resolve(id)), ElementsAre("WRONG_STATE ticket_id"));
  EXPECT_THAT(ReasonsOf(county.Begin(id, kCountyManager)), ElementsAre("NOT_ASSIGNED_TO_CALLER ticket_id"));
  EXPECT_THAT(county.Begin(id).refusals, IsEmpty());
  EXPECT_THAT(county.Resolve(id).refusals, IsEmpty());
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_RESOLVED);
  EXPECT_TRUE(county.ticket(id).resolved_on_time());
  EXPECT_THAT(ReasonsOf(county.Confirm(id, kAccountManager)), ElementsAre("TICKET_UNKNOWN ticket_id"));
  EXPECT_THAT(county.Confirm(id).refusals, IsEmpty());
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_CLOSED);
}

TEST(Ticket, TheRaiserDoesNotOwnTheTicket) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S2);
  EXPECT_THAT(ReasonsOf(county.Own(id, "D1")), ElementsAre("FOUR_EYES owner_id"));
  EXPECT_THAT(ReasonsOf(county.Own(id, "X9")), ElementsAre("STAFF_UNKNOWN owner_id"));
}

TEST(Ticket, EverythingWrongIsSaidAtOnce) {
  ThreeMemberCounty county;
  tmi::RaiseTicketRequest request;
  request.set_county_code(ThreeMemberCounty::kCode);
  request.set_licence("620121109999");
  EXPECT_THAT(ReasonsOf(county.Call(kAccountManager, "TicketService/RaiseTicket", request)),
              ElementsAre("EVIDENCE_MISSING text", "INVALID_FIELD severity", "INVALID_FIELD type",
                          "LICENCE_UNKNOWN licence"));
}

TEST(Ticket, AnEvidenceSaysEnough) {
  ThreeMemberCounty county;
  tmi::RaiseTicketRequest request;
  request.set_county_code(ThreeMemberCounty::kCode);
  request.set_type(tmi::TICKET_TYPE_SYSTEM);
  request.set_severity(tmi::TICKET_SEVERITY_S4);
  request.add_evidence_sha256(Photo("a screen"));
  const auto raised = county.Call(kDeliverer, "TicketService/RaiseTicket", request);
  ASSERT_THAT(raised.refusals, IsEmpty());
  const auto& id = static_cast<const tmi::RaiseTicketResponse&>(*raised.response).ticket_id();
  EXPECT_THAT(county.ticket(id).evidence_sha256(), ElementsAre(Photo("a screen")));
}

TEST(Ticket, DeadlinesFollowTheSeverity) {
  ThreeMemberCounty county;
  const std::pair<tmi::TicketSeverity, std::array<const char*, 3>> expected[] = {
      {tmi::TICKET_SEVERITY_S1, {"2019-08-05 13:00", "2019-08-05 13:00", "2019-08-05 15:00"}},
      {tmi::TICKET_SEVERITY_S2, {"2019-08-07 00:00", "2019-08-07 00:00", "2019-08-08 00:00"}},
      {tmi::TICKET_SEVERITY_S3, {"2019-08-09 00:00", "2019-08-09 00:00", "2019-08-13 00:00"}},
      {tmi::TICKET_SEVERITY_S4, {"2019-08-20 00:00", "2019-08-20 00:00", "2019-08-27 00:00"}},
  };
  for (const auto& [severity, times] : expected) {
    const tmi::Ticket& ticket = county.ticket(county.Raise(severity));
    EXPECT_EQ(When(ticket.due()), times[0]);
    EXPECT_EQ(When(ticket.escalate_first_at()), times[1]);
    EXPECT_EQ(When(ticket.escalate_second_at()), times[2]);
  }
}

TEST(Ticket, WhatIsLateGoesUpTwiceAndTheWorkGoesOn) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S1);
  county.Own(id);
  county.Begin(id);
  county.Tick(AtTime("2019-08-05 13:00"));
  EXPECT_EQ(county.ticket(id).escalation(), tmi::ESCALATION_LEVEL_MARKETING_MANAGER);
  county.Tick(AtTime("2019-08-05 15:00"));
  EXPECT_EQ(county.ticket(id).escalation(), tmi::ESCALATION_LEVEL_COUNTY);
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_IN_PROGRESS);
  EXPECT_EQ(county.domain().NextDue(), absl::InfiniteFuture());
  county.Resolve(id);
  EXPECT_FALSE(county.ticket(id).resolved_on_time());
}

TEST(Ticket, SilenceClosesItUnconfirmed) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S2);
  county.Solve(id);
  county.Tick(AtTime("2019-08-08 23:59"));
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_RESOLVED);
  county.Tick(AtTime("2019-08-09 00:00"));
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_CLOSED_UNCONFIRMED);
}

TEST(Ticket, IsOpenedAgainTwiceAndThenByTheCountyAlone) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S2);
  for (int i = 0; i < 2; ++i) {
    county.Solve(id);
    EXPECT_THAT(county.Reopen(id).refusals, IsEmpty());
    EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_REOPENED);
    EXPECT_EQ(county.ticket(id).owner_id(), "");
  }
  county.Solve(id);
  const auto refused = county.Reopen(id);
  EXPECT_THAT(ReasonsOf(refused), ElementsAre("REOPEN_LIMIT ticket_id"));
  EXPECT_EQ(refused.refusals[0].limit(), 2);
  EXPECT_THAT(county.Reopen(id, kCountyManager).refusals, IsEmpty());
  EXPECT_EQ(county.ticket(id).reopens(), 3);
}

TEST(Ticket, IsOpenedAgainWithinSevenDaysEvenIfItWasClosed) {
  ThreeMemberCounty county;
  const std::string early = county.Raise(tmi::TICKET_SEVERITY_S2);
  const std::string late = county.Raise(tmi::TICKET_SEVERITY_S2);
  county.Solve(early);
  county.Solve(late);
  county.Tick(AtTime("2019-08-12 09:00"));
  EXPECT_EQ(county.ticket(early).state(), tmi::TICKET_STATE_CLOSED_UNCONFIRMED);
  EXPECT_THAT(county.Reopen(early).refusals, IsEmpty());
  EXPECT_EQ(When(county.ticket(early).due()), "2019-08-14 00:00");
  county.Tick(AtTime("2019-08-12 09:01"));
  EXPECT_THAT(ReasonsOf(county.Reopen(late)), ElementsAre("REOPEN_LIMIT ticket_id"));
}

TEST(Ticket, TheRaiserMayObjectThatNothingIsNeeded) {
  ThreeMemberCounty county;
  const std::string id = county.Raise(tmi::TICKET_SEVERITY_S3);
  county.Own(id);
  EXPECT_THAT(county.NotNeeded(id).refusals, IsEmpty());
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_NOT_NEEDED);
  EXPECT_EQ(county.ticket(id).not_needed_reason(), tmi::NOT_NEEDED_REASON_NO_PROBLEM);
  EXPECT_THAT(county.Reopen(id).refusals, IsEmpty());
  EXPECT_EQ(county.ticket(id).state(), tmi::TICKET_STATE_REOPENED);
}

TEST(Ticket, AnImbalanceOfARunIsOneTicketForTheCountyToConfirm) {
  ThreeMemberCounty county;
  constexpr char kRun[] = "620121-20190805-R05-1";
  county.FindImbalance(kRun);
  county.FindImbalance(kRun);
  EXPECT_EQ(county.state().tickets.size(), 1U);
  const std::string id = three_member_interaction::ImbalanceTicketId(ThreeMemberCounty::kCounty, kRun);
  EXPECT_EQ(county.ticket(id).severity(), tmi::TICKET_SEVERITY_S1);
  EXPECT_EQ(county.ticket(id).cause(), "run/620121-20190805-R05-1");
  county.Solve(id);
  EXPECT_THAT(ReasonsOf(county.Confirm(id)), ElementsAre("TICKET_UNKNOWN ticket_id"));
  EXPECT_THAT(county.Confirm(id, kCountyManager).refusals, IsEmpty());
}

}  // namespace
}  // namespace sanyuan::testing
