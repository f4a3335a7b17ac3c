// How an event looks to everybody: its id, its attributes, its key.
#include "common/events/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/digest/digest.h"
#include "sanyuan/three_member_interaction/v1/event.pb.h"

namespace sanyuan::testing {
namespace {

namespace tmi = three_member_interaction::v1;
using events::EventId;
using events::ParseId;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kJournal[] = "0123456789abcdef0123456789abcdef";

EventId SomeId() {
  EventId id;
  for (size_t i = 0; i < id.journal_id.size(); ++i) {
    id.journal_id[i] = static_cast<uint8_t>(i % 2 == 0 ? i : 255 - i);
  }
  id.height = 18'446'744'073'709'551'615U;
  id.index = 7;
  id.digest = std::string("\x00\x01-\xff\x10\x20\x30\x40", 8);
  return id;
}

host::TailRecord RecordWith(const tmi::Event& event, uint32_t index = 3) {
  host::TailRecord record;
  const auto bytes = BytesFromHex(kJournal);
  std::copy(bytes->begin(), bytes->end(), record.place.journal_id.begin());
  record.place.height = 42;
  record.place.offset = 45;
  record.place.head = Sha256("a decision");
  record.decided_at = absl::FromUnixMicros(1'565'000'000'123'456);
  record.events.push_back({index, std::make_unique<tmi::Event>(event)});
  return record;
}

std::map<std::string, std::string> HeadersOf(const log::EventMessage& message) {
  return {message.headers.begin(), message.headers.end()};
}

log::EventMessage Published(const tmi::Event& event) {
  const host::TailRecord record = RecordWith(event);
  return events::ToCloudEvent({"three_member_interaction", 0, 1}, record, record.events.front());
}

TEST(EventId, IsReadAsItWasWritten) {
  EXPECT_EQ(ParseId(SomeId().ToString()), SomeId());
  EXPECT_EQ(SomeId().ToString(), "00fe02fc04fa06f808f60af40cf20ef0-18446744073709551615-7-00012dff10203040");
}

TEST(EventId, OthersAreNotTakenForOurs) {
  const std::string good = SomeId().ToString();
  for (const std::string& other :
       {std::string(), std::string("7"), std::string("a-b-c-d"), good + "-1", good.substr(1), good + "0",
        "+" + good, std::string("00FE02FC04FA06F808F60AF40CF20EF0-1-1-00012dff10203040"),
        std::string("00fe02fc04fa06f808f60af40cf20ef0-01-1-00012dff10203040"),
        std::string("00fe02fc04fa06f808f60af40cf20ef0-1-+1-00012dff10203040"),
        std::string("00fe02fc04fa06f808f60af40cf20ef0-1-4294967296-00012dff10203040")}) {
    EXPECT_EQ(ParseId(other), std::nullopt) << other;
  }
}

TEST(CloudEvent, HasTheAttributesOfBinaryMode) {
  tmi::Event event;
  tmi::ClueFacts& clue = *event.mutable_clue_closed()->mutable_clue();
  clue.set_clue_id("620121-CLUE");
  clue.set_county_code("620121");
  const log::EventMessage message = Published(event);
  EXPECT_EQ(message.key, "620121");
  EXPECT_THAT(
      HeadersOf(message),
      ElementsAre(Pair("ce_dataschema", "urn:sanyuan:proto:sanyuan.three_member_interaction.v1.ClueClosed"),
                  Pair("ce_id", std::string(kJournal) + "-42-3-" + Sha256("a decision").Hex().substr(0, 16)),
                  Pair("ce_journaloffset", "45"), Pair("ce_partitionkey", "620121"),
                  Pair("ce_source", "/sanyuan/three_member_interaction"), Pair("ce_specversion", "1.0"),
                  Pair("ce_subject", "620121-CLUE"), Pair("ce_time", "2019-08-05T10:13:20.123456Z"),
                  Pair("ce_type", "sanyuan.three_member_interaction.v1.ClueClosed"),
                  Pair("content-type", "application/protobuf")));
  tmi::ClueClosed data;
  ASSERT_TRUE(data.ParseFromString(message.value));
  EXPECT_EQ(data.clue().clue_id(), "620121-CLUE");
}

TEST(CloudEvent, WhatBelongsToNoCountyHasNeitherKeyNorSubject) {
  tmi::Event event;
  event.mutable_policy_noted();
  const log::EventMessage message = Published(event);
  EXPECT_EQ(message.key, "");
  EXPECT_EQ(HeadersOf(message).count("ce_subject"), 0U);
  EXPECT_EQ(HeadersOf(message).count("ce_partitionkey"), 0U);
}

TEST(CloudEvent, CarriesTheTraceThatStandsBesideItsRecord) {
  constexpr char kTrace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto published_beside = [](log::RecordHeaders headers) {
    tmi::Event event;
    event.mutable_policy_noted();
    host::TailRecord record = RecordWith(event);
    record.headers = std::move(headers);
    return HeadersOf(events::ToCloudEvent({"three_member_interaction", 0, 1}, record, record.events.front()));
  };
  EXPECT_EQ(published_beside({{"traceparent", kTrace}}).at("ce_traceparent"), kTrace);
  EXPECT_EQ(published_beside({{"traceparent", kTrace}}).count("ce_tracestate"), 0U);
  EXPECT_EQ(published_beside({{"traceparent", kTrace}, {"tracestate", "a=1"}}).at("ce_tracestate"), "a=1");
  // What is none is published as none, and nothing else is published of what stands there.
  for (const log::RecordHeaders& other :
       {log::RecordHeaders{}, log::RecordHeaders{{"traceparent", "garbled"}, {"tracestate", "a=1"}},
        log::RecordHeaders{{"ce_traceparent", kTrace}, {"other", "x"}}}) {
    EXPECT_EQ(published_beside(other), published_beside({}));
    EXPECT_EQ(published_beside(other).count("ce_traceparent"), 0U);
  }
}

TEST(CloudEvent, SaysWhereItWasDecided) {
  tmi::Event event;
  event.mutable_policy_noted();
  const auto at = events::WhereDecided(Published(event).headers);
  ASSERT_TRUE(at.has_value());
  EXPECT_EQ(at->id.height, 42U);
  EXPECT_EQ(at->id.index, 3U);
  EXPECT_EQ(at->offset, 45);
  EXPECT_FALSE(events::WhereDecided({}).has_value());
  EXPECT_FALSE(events::WhereDecided({{"ce_id", "somebody else's"}, {"ce_journaloffset", "1"}}).has_value());
}

TEST(CloudEvent, TopicsAreNamedByContext) {
  EXPECT_EQ(events::TopicOf("order_intake"), "sanyuan.order_intake.events");
  EXPECT_EQ(events::TopicOf("registry.reference"), "sanyuan.registry.reference.events");
}

}  // namespace
}  // namespace sanyuan::testing
