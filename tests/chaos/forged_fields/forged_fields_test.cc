// Changes single fields of a day's decisions, each change sealed as if it had always been so, and asks of each
// whether it is found. Usage: forged_fields_test DATA [--changes N] [--seed N] [--list]
//
// Three things must hold. What differs in anything that an API can read (a row of a view) differs in the business
// digest; personal data, which is left out there, in a recorded state digest. What differs in the folded state at
// all is refused, or contradicts a recorded state digest: DATA must end with one in every journal, as a server's
// start writes it. And what is not found at all has left no trace: neither in the state nor in a view.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "common/log/embedded/journal_file.h"
#include "common/partition/content.h"
#include "services/sanyuan/contexts.h"
#include "tests/chaos/forged_fields/forgery.h"
#include "tests/chaos/forged_fields/sites.h"

namespace sanyuan::testing {
namespace {

[[noreturn]] void Stop(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

std::vector<Journal> JournalsOf(const std::string& data) {
  auto file = log::JournalFile::OpenReadOnly(data);
  if (!file.ok()) Stop(std::string(file.status().message()));
  std::vector<Journal> journals;
  for (const host::ContextSpec& spec : Contexts(ServeOptions{})) {
    Journal journal{spec, 0, {}};
    while (true) {
      auto records = (*file)->ReadFrom({spec.topic(), 0}, static_cast<int64_t>(journal.records.size()), 512);
      if (!records.ok()) Stop(std::string(records.status().message()));
      if (records->empty()) break;
      for (log::Record& record : *records) journal.records.push_back(std::move(record.bytes));
    }
    partition::Frame frame;
    for (size_t at = 0; at < journal.records.size(); ++at) {
      if (partition::Parse(journal.records[at], frame) != partition::FrameError::kNone ||
          frame.height != at) {
        Stop(spec.topic() + " is not the journal of an undisturbed day");
      }
    }
    if (frame.kind != partition::FrameKind::kTakeOver) {
      Stop(spec.topic() + " does not end with a take-over: start the server once more");
    }
    journals.push_back(std::move(journal));
  }
  return journals;
}

// A decision, taken apart so that each of its fields can be reached.
struct Decision {
  journal::v1::Decision frame;
  std::vector<partition::EventPtr> events;

  std::vector<Site> Sites(const std::string& context) {
    std::vector<Site> sites;
    for (Site& site : SitesOf(frame, context + " Decision")) {
      // The events are reached by their own fields.
      if (site.kind != context + " Decision.events") sites.push_back(std::move(site));
    }
    for (const partition::EventPtr& event : events) {
      for (Site& site : SitesOf(*event, context)) sites.push_back(std::move(site));
    }
    return sites;
  }
  std::string Payload() {
    // A list that lost an element keeps the bytes of the others.
    if (frame.events_size() == static_cast<int>(events.size())) {
      for (int i = 0; i < frame.events_size(); ++i) {
        frame.set_events(i, events[static_cast<size_t>(i)]->SerializeAsString());
      }
    }
    return frame.SerializeAsString();
  }
};

std::optional<Decision> DecisionAt(const Journal& journal, size_t height) {
  partition::Frame frame;
  partition::Parse(journal.records[height], frame);
  if (frame.kind != partition::FrameKind::kDecision) return std::nullopt;
  Decision decision;
  if (!decision.frame.ParseFromString(std::string(frame.payload))) Stop("a decision can't be read");
  const auto domain = journal.spec.new_domain();
  auto events = partition::ParseEvents(decision.frame, [&] { return domain->NewEvent(); });
  if (!events.ok()) Stop(std::string(events.status().message()));
  decision.events = *std::move(events);
  return decision;
}

struct Place {
  size_t journal = 0;
  size_t height = 0;
  size_t site = 0;
};

// Of each kind of field all its places in the day.
std::map<std::string, std::vector<Place>> PlacesOf(const std::vector<Journal>& journals) {
  std::map<std::string, std::vector<Place>> places;
  for (size_t j = 0; j < journals.size(); ++j) {
    for (size_t height = 1; height < journals[j].records.size(); ++height) {
      std::optional<Decision> decision = DecisionAt(journals[j], height);
      if (!decision) continue;
      const std::vector<Site> sites = decision->Sites(journals[j].spec.context);
      for (size_t s = 0; s < sites.size(); ++s) places[sites[s].kind].push_back({j, height, s});
    }
  }
  return places;
}

struct Tally {
  int refused = 0;        // The content makes no sense: readers halt at it.
  int by_digest = 0;      // The business digest is another one.
  int by_state = 0;       // Only a recorded state digest is contradicted.
  int without_trace = 0;  // The final state shows nothing of it.

  void Add(const Tally& other) {
    refused += other.refused;
    by_digest += other.by_digest;
    by_state += other.by_state;
    without_trace += other.without_trace;
  }
};

// What happened to one change; nullopt when it made no difference to the record. `wrong` says what must not be.
std::optional<Tally> Try(const Journal& journal, const Folded& base, const Place& place,
                         std::mt19937_64& random, std::string& wrong) {
  std::optional<Decision> decision = DecisionAt(journal, place.height);
  const std::string before = decision->Payload();
  const std::vector<Site> sites = decision->Sites(journal.spec.context);
  const Site& site = sites[place.site];
  site.change(random);
  const std::string payload = decision->Payload();
  if (payload == before) return std::nullopt;

  const Forged forged = Forge(journal, place.height, payload);
  const Folded read = ReplayOf(journal, forged.records);
  Tally tally;
  if (forged.corrected.damage) {
    tally.refused = 1;
    if (!read.damage) wrong = "the content is refused, and yet the replay found no damage";
    return tally;
  }
  const bool business = forged.corrected.business != base.business;
  const bool shown = forged.corrected.view != base.view;
  if (business) {
    tally.by_digest = 1;
  } else if (forged.contradicts_a_state_digest) {
    tally.by_state = 1;
  } else {
    tally.without_trace = 1;
  }
  if (shown && !business && !(site.personal && forged.contradicts_a_state_digest)) {
    wrong = "a query shows it, the business digest does not";
  } else if ((business || forged.corrected.state != base.state) && !forged.contradicts_a_state_digest) {
    wrong = "the state differs, and no recorded state digest says so";
  } else if (forged.contradicts_a_state_digest != read.damage.has_value()) {
    wrong = "replay and the recorded state digests do not agree";
  } else if (tally.without_trace == 1 && (read.damage || read.business != base.business)) {
    wrong = "found, and yet without a trace";
  }
  return tally;
}

int Run(const std::string& data, int changes, uint64_t seed, bool list) {
  const std::vector<Journal> journals = JournalsOf(data);
  std::vector<Folded> bases;
  for (const Journal& journal : journals) {
    // The forger's path with nothing forged must give the journal as it is.
    partition::Frame last;
    partition::Parse(journal.records.back(), last);
    Forged same = Forge(journal, journal.records.size() - 1, std::string(last.payload));
    if (same.records != journal.records || same.corrected.damage || same.contradicts_a_state_digest ||
        ReplayOf(journal, journal.records).business != same.corrected.business) {
      Stop(journal.spec.topic() + ": the control without a change is found");
    }
    bases.push_back(std::move(same.corrected));
  }
  const auto places = PlacesOf(journals);
  std::mt19937_64 random(seed);
  std::map<std::string, Tally> tallies;
  std::map<std::string, std::set<std::string>> wrongs;  // By what is wrong: kinds.
  int done = 0;
  // Every kind of field once, then again, so that what is rare in the day is tried as well.
  for (int round = 0; done < changes; ++round) {
    const int before = done;
    for (const auto& [kind, at] : places) {
      const Place& place = at[random() % at.size()];
      std::string wrong;
      const auto tally = Try(journals[place.journal], bases[place.journal], place, random, wrong);
      if (!tally) continue;
      ++done;
      tallies[kind].Add(*tally);
      if (!wrong.empty()) {
        wrongs[wrong].insert(fmt::format("{} (height {})", kind, place.height));
      }
    }
    if (done == before) Stop("nothing could be changed");
  }
  Tally sum;
  for (const auto& [kind, tally] : tallies) {
    sum.Add(tally);
    if (list) {
      fmt::print("{:70} refused {} digest {} state {} no trace {}\n", kind, tally.refused, tally.by_digest,
                 tally.by_state, tally.without_trace);
    }
  }
  fmt::print(
      "{} changes of {} kinds of fields: {} refused, {} found by the business digest, {} by a recorded state "
      "digest, {} that the final state does not show\n",
      done, tallies.size(), sum.refused, sum.by_digest, sum.by_state, sum.without_trace);
  for (const auto& [wrong, kinds] : wrongs) {
    for (const std::string& kind : kinds) fmt::print(stderr, "{}: {}\n", kind, wrong);
  }
  if (sum.by_digest == 0 || sum.by_state == 0) Stop("this showed nothing");
  return wrongs.empty() ? 0 : 1;
}

}  // namespace
}  // namespace sanyuan::testing

int main(int argc, char** argv) {
  std::string data;
  int changes = 1000;
  uint64_t seed = 1;
  bool list = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--changes" && i + 1 < argc) {
      changes = std::atoi(argv[++i]);
    } else if (argument == "--seed" && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--list") {
      list = true;
    } else {
      data = argument;
    }
  }
  if (data.empty())
    sanyuan::testing::Stop("usage: forged_fields_test DATA [--changes N] [--seed N] [--list]");
  return sanyuan::testing::Run(data, changes, seed, list);
}
