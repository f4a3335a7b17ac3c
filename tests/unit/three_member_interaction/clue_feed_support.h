// Journals of clues and subscribers to them, for tests of the feed. Thread safety: one thread.
#ifndef SANYUAN_TESTS_UNIT_THREE_MEMBER_INTERACTION_CLUE_FEED_SUPPORT_H_
#define SANYUAN_TESTS_UNIT_THREE_MEMBER_INTERACTION_CLUE_FEED_SUPPORT_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sanyuan/three_member_interaction/v1/event.pb.h"
#include "services/three_member_interaction/clue_feed.h"
#include "tests/support/followed_journal.h"
#include "tests/support/three_member_county.h"

namespace sanyuan::testing {

class ClueJournal : public FollowedJournal {
 public:
  explicit ClueJournal(uint8_t number = 1)
      : FollowedJournal([] { return std::make_unique<tmi::Event>(); },
                        three_member_interaction::IsShownInFeeds, number) {}
  explicit ClueJournal(std::string genesis)
      : FollowedJournal([] { return std::make_unique<tmi::Event>(); },
                        three_member_interaction::IsShownInFeeds, std::move(genesis)) {}

  // A clue's whole way, from the report to its end, one decision after the other; the last one has two events.
  void AddClue(bool accept = true) {
    ThreeMemberCounty county;
    county.Acknowledge(county.FedBack(tmi::CLUE_RESULT_TRUE));
    for (const auto& record : county.records()) Append(record.events, record.stamp.decided_at);
    if (accept) Accept();
  }
  void AddOthers(int count) {
    for (int i = 0; i < count; ++i) Append(std::vector<std::string>{}, absl::FromUnixSeconds(1'560'000'000));
    Accept();
  }
};

inline tmi::WatchCluesRequest Watch(std::string token = "") {
  tmi::WatchCluesRequest request;
  request.add_county_codes(ThreeMemberCounty::kCode);
  request.set_resume_token(std::move(token));
  return request;
}

class Subscriber {
 public:
  Subscriber(std::map<int32_t, host::Tail*> tails, tmi::WatchCluesRequest request,
             three_member_interaction::FeedCaller caller = {kCountyManager, {}}) {
    three_member_interaction::ClueFeedParts parts;
    parts.tails = std::move(tails);
    parts.caller = [caller] { return caller; };
    parts.now = [] { return absl::InfinitePast(); };
    feed_ = std::make_unique<three_member_interaction::ClueFeed>(std::move(request), std::move(parts),
                                                                 [this] { ++wakes; });
  }

  // What comes next; nullopt when nothing does. What ends the feed is kept in `ended`.
  std::optional<tmi::WatchCluesResponse> Next(bool heartbeat = false) {
    while (!ended) {
      host::Feed::Step step = feed_->Next(heartbeat);
      if (step.kind == host::Feed::Step::Kind::kIdle) return std::nullopt;
      if (step.kind == host::Feed::Step::Kind::kEnded) ended = step.why;
      if (step.kind != host::Feed::Step::Kind::kMessage) continue;
      auto response = static_cast<const tmi::WatchCluesResponse&>(*step.message);
      token = response.resume_token();
      return response;
    }
    return std::nullopt;
  }
  // Events until nothing comes, at most `count`.
  std::vector<tmi::ClueFeedEvent> Events(size_t count = SIZE_MAX) {
    std::vector<tmi::ClueFeedEvent> events;
    while (events.size() < count) {
      const auto response = Next();
      if (!response) break;
      if (response->has_event()) events.push_back(response->event());
    }
    return events;
  }

  std::string token;
  std::optional<common::v1::Refusal> ended;
  int wakes = 0;

 private:
  std::unique_ptr<host::Feed> feed_;
};

// The token of somebody who began when the journal was empty.
inline std::string FirstToken(ClueJournal& journal) {
  Subscriber subscriber({{0, &journal.tail}}, Watch());
  EXPECT_TRUE(subscriber.Next().has_value());
  return subscriber.token;
}

inline std::vector<std::pair<uint64_t, uint32_t>> Places(const std::vector<tmi::ClueFeedEvent>& events) {
  std::vector<std::pair<uint64_t, uint32_t>> places;
  for (const auto& event : events) places.emplace_back(event.height(), event.index());
  return places;
}

inline tmi::ClueFeedToken Parsed(const std::string& token) {
  tmi::ClueFeedToken parsed;
  EXPECT_TRUE(parsed.ParseFromString(token));
  return parsed;
}

inline std::vector<tmi::ClueFeedEvent> AllEvents(ClueJournal& journal, const std::string& token) {
  return Subscriber({{0, &journal.tail}}, Watch(token)).Events();
}

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_UNIT_THREE_MEMBER_INTERACTION_CLUE_FEED_SUPPORT_H_
