#include "tests/simulation/counter_scenario.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/support/counter_domain.h"

namespace sanyuan::simulation {
namespace {

using journal::v1::Cursor;
using testing::CounterDomain;

constexpr County kCounty = 620121;
constexpr size_t kAsks = 110;
constexpr Micros kAskingTime = 16 * kSecond;

Ask NewAsk(const std::string& what, int64_t amount) {
  Ask ask;
  ask.county = kCounty;
  ask.actor = {"tester", common::v1::ROLE_OPERATOR};
  ask.method = "/test/" + what;
  auto request = std::make_shared<Cursor>();
  request->set_topic(what);
  request->set_offset(amount);
  ask.request = [request](const Answered&) { return request; };
  return ask;
}

// What the accepted decisions of one journal come to.
struct Sums {
  int64_t added = 0;
  int64_t copied = 0;
  int64_t rang = 0;
  int64_t alarms = 0;
  int64_t run_steps = 0;
  int64_t pages = 0;
};

Sums SumsOf(const std::vector<Journaled>& decisions) {
  Sums sums;
  for (const Journaled& journaled : decisions) {
    for (const std::string& bytes : journaled.decision.events()) {
      Cursor event;
      if (!event.ParseFromString(bytes)) throw std::runtime_error("an event can't be read");
      if (event.topic() == "added") sums.added += event.offset();
      if (event.topic() == "copied") sums.copied += event.offset();
      if (event.topic() == "rang") ++sums.rang;
      if (event.topic() == "alarm_set") ++sums.alarms;
      if (event.topic() == "page") ++sums.pages;
    }
  }
  return sums;
}

}  // namespace

const std::vector<Context>& CounterScenario::contexts() const {
  static const auto* const contexts =
      new std::vector<Context>{{"left", {"right.journal"}}, {"right", {"left.journal"}}};
  return *contexts;
}

std::unique_ptr<partition::Domain> CounterScenario::NewDomain(size_t) const {
  return std::make_unique<CounterDomain>();
}

std::vector<Ask> CounterScenario::NewScript(Random& random) {
  std::vector<Ask> asks;
  for (size_t i = 0; i < kAsks; ++i) {
    const uint64_t kind = random.Below(100);
    Ask ask = kind < 90   ? NewAsk("add", random.Between(1, 25))
              : kind < 95 ? NewAsk("alarm", absl::ToUnixSeconds(TimeAt(0)) + random.Between(1, 20))
                          : NewAsk("run", random.Between(1, 6));
    ask.context = random.Below(2);
    ask.at = random.Between(0, kAskingTime);
    if (i > 0 && random.Percent(20)) {
      ask.after = random.Below(i);
      ask.depends = random.Percent(50);
      if (random.Percent(20)) {
        const Ask& other = asks[*ask.after];
        if (!other.reuses) {
          ask.context = other.context;
          ask.method = other.method;
          ask.reuses = true;
        }
      }
    }
    asks.push_back(std::move(ask));
  }
  return asks;
}

std::string CounterScenario::Check(const Outcomes& outcomes) const {
  const Sums sums[] = {SumsOf(outcomes.decisions[0]), SumsOf(outcomes.decisions[1])};
  for (size_t context = 0; context < 2; ++context) {
    const auto& domain = static_cast<const CounterDomain&>(*outcomes.domains[context]);
    const Sums& own = sums[context];
    if (domain.Value("sum") != own.added) {
      return fmt::format("{} holds {}, its decisions add up to {}", contexts()[context].name,
                         domain.Value("sum"), own.added);
    }
    if (own.copied != sums[1 - context].added || domain.Value("copied") != own.copied) {
      return fmt::format("{} copied {} of {}, its state says {}", contexts()[context].name, own.copied,
                         sums[1 - context].added, domain.Value("copied"));
    }
    if (domain.Value("steps") != 0 || domain.Value("pages") != own.pages) {
      return fmt::format("{} has {} steps of a run left", contexts()[context].name, domain.Value("steps"));
    }
    if (domain.Value("alarm") != 0 || own.rang > own.alarms) {
      return fmt::format("{} rang {} times for {} alarms", contexts()[context].name, own.rang, own.alarms);
    }
  }
  return "";
}

}  // namespace sanyuan::simulation
