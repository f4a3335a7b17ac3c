#include "services/sanyuanctl/demo/watched_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "services/sanyuanctl/demo/clue_days.h"
#include "services/sanyuanctl/demo/load_county.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl::demo {
namespace {

namespace tmi = three_member_interaction::v1;

using Event = ClueWatch::Event;
using Events = std::vector<Event>;

// How long the feed may take to show what the server has answered.
constexpr auto kPatience = std::chrono::seconds(30);
constexpr char kSquad[] = "S1";  // That of kInspector.

auto PlaceOf(const Event& event) {
  return std::make_tuple(event.journal_id(), event.height(), event.index());
}

bool InOrderAndOnce(const Events& events) {
  std::map<std::string, std::pair<uint64_t, uint32_t>> last;
  return std::all_of(events.begin(), events.end(), [&](const Event& event) {
    const std::pair<uint64_t, uint32_t> place{event.height(), event.index()};
    const auto [it, first] = last.try_emplace(event.journal_id(), place);
    return first || std::exchange(it->second, place) < place;
  });
}

// What the inspector is to see of all events.
Events OfSquad(const Events& events) {
  Events own;
  std::copy_if(events.begin(), events.end(), std::back_inserter(own), [](const Event& event) {
    return event.clue().squad_id().empty() || event.clue().squad_id() == kSquad;
  });
  return own;
}

// Empty when the events are all that happened to these clues.
std::string MissingIn(const Events& events, const std::vector<tmi::Clue>& clues,
                      const std::set<std::pair<std::string, uint64_t>>& acknowledged) {
  std::map<std::string, tmi::ClueState> states;
  std::set<std::pair<std::string, uint64_t>> decisions;
  size_t reported = 0;
  for (const Event& event : events) {
    states[event.clue().clue_id()] = event.clue().state();
    decisions.emplace(event.journal_id(), event.height());
    if (event.change() == tmi::CLUE_CHANGE_REPORTED) ++reported;
  }
  for (const auto& decision : acknowledged) {
    if (!decisions.contains(decision)) {
      return fmt::format("the acknowledged decision at height {} is not in the feed", decision.second);
    }
  }
  if (states.size() != clues.size() || reported != clues.size()) {
    return fmt::format("the feed shows {} clues of {}", reported, clues.size());
  }
  for (const tmi::Clue& clue : clues) {
    if (states[clue.clue_id()] != clue.state()) {
      return fmt::format("clue {} ends in another state in the feed", clue.clue_id());
    }
  }
  return "";
}

bool SameEvents(const Events& one, const Events& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const Event& left, const Event& right) { return PlaceOf(left) == PlaceOf(right); });
}

}  // namespace

std::unique_ptr<ClueWatch> WatchedFeed::NewClueWatch(const std::string& server, const Watcher& watcher,
                                                     const tmi::WatchCluesRequest& request) {
  return std::make_unique<ClueWatch>(server, watcher, request);
}

WatchedFeed::WatchedFeed(const std::string& server, const NewWatch& new_watch) {
  Begin(manager_, server, new_watch, kCountyManager);
  Begin(inspector_, server, new_watch, kInspector);
  std::unique_lock lock(mutex_);
  for (Side* side : {&manager_, &inspector_}) {
    changed_.wait(lock, [side] { return side->open || side->ended; });
    if (!side->open) {
      const std::string why = "the feed of clues is refused: " + side->why;
      lock.unlock();
      for (Side* each : {&manager_, &inspector_}) {
        each->watch->Stop();
        each->thread.join();
      }
      throw Unexpected(why);
    }
  }
}

WatchedFeed::~WatchedFeed() {
  for (Side* side : {&manager_, &inspector_}) {
    side->watch->Stop();
    if (side->thread.joinable()) side->thread.join();
  }
}

void WatchedFeed::Begin(Side& side, const std::string& server, const NewWatch& new_watch,
                        const Caller& caller) {
  tmi::WatchCluesRequest request;
  request.add_county_codes(kCounty);
  side.watch = new_watch(server, Watcher{caller.id, caller.role, kCounty}, request);
  side.thread = std::thread([this, &side] {
    ClueWatch::Handlers handlers;
    handlers.event = [&](const Event& event) {
      const std::lock_guard lock(mutex_);
      side.events.push_back(event);
      return true;
    };
    handlers.token = [&](const std::string&) {
      const std::lock_guard lock(mutex_);
      side.open = true;
      changed_.notify_all();
      return absl::OkStatus();
    };
    const grpc::Status status = side.watch->Run(absl::InfiniteFuture(), handlers);
    const std::lock_guard lock(mutex_);
    side.ended = true;
    side.why = status.error_message();
    changed_.notify_all();
  });
}

FeedFigures WatchedFeed::Compare(Client& client) {
  const std::vector<tmi::Clue> clues = ListedClues(client, tmi::CLUE_STATE_UNSPECIFIED);
  const auto acknowledged = client.positions(*tmi::Clue::descriptor()->file());
  std::unique_lock lock(mutex_);
  const auto differs = [&]() -> std::string {
    for (const Side* side : {&manager_, &inspector_}) {
      if (side->ended) return "the feed ended: " + side->why;
    }
    std::string missing = MissingIn(manager_.events, clues, acknowledged);
    if (missing.empty() && !SameEvents(OfSquad(manager_.events), inspector_.events)) {
      missing = fmt::format("squad {} is shown {} events, of {} that are its own", kSquad,
                            inspector_.events.size(), OfSquad(manager_.events).size());
    }
    return missing;
  };
  changed_.wait_for(lock, kPatience, [&] { return differs().empty() || manager_.ended || inspector_.ended; });
  FeedFigures figures{static_cast<int64_t>(manager_.events.size()), differs()};
  if (figures.wrong.empty() && !(InOrderAndOnce(manager_.events) && InOrderAndOnce(inspector_.events))) {
    figures.wrong = "events of the feed come out of order or twice";
  }
  return figures;
}

}  // namespace sanyuan::ctl::demo
