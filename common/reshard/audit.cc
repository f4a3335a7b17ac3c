#include "common/reshard/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "common/events/public_event.h"
#include "common/partition/bookkeeping.h"
#include "common/partition/content.h"
#include "common/partition/origin.h"
#include "common/reshard/pages.h"
#include "common/reshard/scope.h"
#include "common/reshard/source.h"

namespace sanyuan::reshard {
namespace {

using google::protobuf::Message;
using journal::v1::Decision;
using journal::v1::Origin;

// What the copies of one older record hold together, or what they must.
struct Held {
  uint64_t head = 0;    // Beginning of the digest that they name; 0: there is no copy.
  uint64_t rest = 0;    // Of all but the events.
  uint64_t events = 0;  // Sum over the events of counties: each once, in whichever order.
};
// By journal id and height.
using Copied = std::map<std::string, std::vector<Held>>;

// What every partition of a context holds, in one order.
struct Everywhere {
  uint64_t count = 0;
  Digest chain;

  void Add(std::string_view event) {
    ++count;
    chain = Sha256OfParts({chain.view(), event});
  }
  bool operator==(const Everywhere&) const = default;
};

struct NewJournal {
  host::JournalOf of;
  Everywhere everywhere;
  std::set<partition::RequestKey> requests;  // Of commands that may come again.
};

uint64_t BeginningOf(std::string_view digest) {
  uint64_t beginning = 0;
  std::memcpy(&beginning, digest.data(), std::min(digest.size(), sizeof(beginning)));
  return beginning == 0 ? 1 : beginning;  // 0 stands for nothing.
}

absl::StatusOr<partition::EventPtr> ParseOne(const std::string& bytes,
                                             const std::function<partition::EventPtr()>& new_event) {
  partition::EventPtr event = new_event();
  if (absl::Status parsed = partition::ParseKnown(bytes, *event); !parsed.ok()) return parsed;
  if (events::InnerEvent(*event) == nullptr) return absl::DataLossError("an event without content");
  return event;
}

// Of a decision, or of what a copy is a copy of: cause, time, outcome, format, and where it was copied from before.
uint64_t RestOf(Decision decision, const Origin* before, uint32_t format) {
  decision.clear_events();
  decision.clear_cursors();
  decision.clear_state_digest();
  decision.clear_copied_from();
  std::string text = fmt::format("{}", format);
  for (; before != nullptr; before = before->has_before() ? &before->before() : nullptr) {
    text +=
        fmt::format(" {} {} {} {}", before->journal_id(), before->height(), before->head(), before->format());
  }
  return BeginningOf(Sha256OfParts({decision.SerializeAsString(), text}).view());
}

// Of an event its number in the decision, and in those that this one was copied from before, and its content.
uint64_t EventSum(uint32_t number, const Origin* before, uint32_t index, const Message& event) {
  std::string numbers = fmt::format("{}", number);
  for (; before != nullptr; before = before->has_before() ? &before->before() : nullptr) {
    numbers += fmt::format(" {}", partition::NumberInOrigin(*before, index));
  }
  return BeginningOf(Sha256OfParts({numbers, event.SerializeAsString()}).view());
}

// Whether the event belongs to a county, or its context has one partition: then exactly one copy has it.
absl::StatusOr<bool> StandsOnce(const Message& inner, bool single_partition) {
  if (single_partition) return true;
  const auto scope = ScopeOf(inner);
  if (!scope.ok()) return scope.status();
  return scope->has_value();
}

bool MayComeAgain(const Decision& decision, absl::Time since) {
  if (!decision.has_command()) return false;
  const partition::Stamp stamp = partition::StampOf(decision);
  const auto millis = static_cast<int64_t>(partition::RequestMillis(stamp.request_id));
  return absl::FromUnixMillis(millis) >= since;
}

partition::RequestKey KeyOf(const Decision& decision) {
  const partition::Stamp stamp = partition::StampOf(decision);
  return partition::KeyOf(stamp.actor, stamp.method, stamp.request_id);
}

// The pages of one new journal that came by so far: what is named there stands there, and where it stood before.
class PageAudit {
 public:
  // Puts the heights of the original into an event of its copy.
  absl::Status Restore(uint64_t height, const Origin& origin, Message& inner) {
    if (IsPage(inner)) pages_[height] = {origin.journal_id(), origin.height(), RunOrWindowOf(inner)};
    std::vector<uint64_t> heights = PageHeights(inner);
    for (uint64_t& named : heights) {
      const auto page = pages_.find(named);
      if (page == pages_.end() || page->second.run_or_window != RunOrWindowOf(inner) ||
          page->second.journal_id != origin.journal_id()) {
        return absl::DataLossError(
            fmt::format("at height {} a {} names height {}, where no page of it stands", height,
                        std::string(inner.GetDescriptor()->full_name()), named));
      }
      named = page->second.height;
    }
    SetPageHeights(heights, inner);
    return absl::OkStatus();
  }

 private:
  struct Page {
    std::string journal_id;  // Of the original.
    uint64_t height = 0;
    std::string run_or_window;
  };
  std::map<uint64_t, Page> pages_;
};

class Auditor {
 public:
  Auditor(const Installation& from, const std::vector<Surveyed>& surveyed, const Installation& to)
      : from_(from), surveyed_(surveyed), to_(to), since_(MayComeAgainSince(surveyed)) {
    for (const Surveyed& one : surveyed) copied_[one.End().journal_id()].resize(one.end.height + 1);
    for (const host::JournalOf& of : to.Journals()) journals_.push_back({of, {}, {}});
  }

  absl::StatusOr<std::map<std::string, Counts>> Run() {
    for (NewJournal& journal : journals_) {
      if (absl::Status read = ReadCopies(journal); !read.ok()) return read;
    }
    for (const Surveyed& one : surveyed_) {
      if (absl::Status read = ReadOriginals(one); !read.ok()) return read;
    }
    return std::move(counts_);
  }

 private:
  absl::Status ReadCopies(NewJournal& journal) {
    const auto end = to_.log->EndOffset(journal.of.journal);
    if (!end.ok()) return end.status();
    Source source(journal.of.journal, to_.Reader(), to_.strictness, *end);
    const auto new_event = EventMaker(*journal.of.spec);
    PageAudit pages;
    std::map<std::string, uint64_t> last;  // Of each older journal the last height of which there was a copy.
    while (true) {
      const auto any = source.Next();
      if (!any.ok()) return any.status();
      if (!*any) return absl::OkStatus();
      if (!source.decision().has_copied_from()) continue;
      const absl::Status read = ReadCopy(journal, source, new_event, pages, last);
      if (!read.ok()) {
        return absl::DataLossError(fmt::format("{} at height {}: {}", journal.of.journal.ToString(),
                                               source.place().height, std::string(read.message())));
      }
    }
  }

  absl::Status ReadCopy(NewJournal& journal, const Source& source,
                        const std::function<partition::EventPtr()>& new_event, PageAudit& pages,
                        std::map<std::string, uint64_t>& last) {
    const Decision& decision = source.decision();
    const Origin& origin = decision.copied_from();
    const auto heights = copied_.find(origin.journal_id());
    if (heights == copied_.end() || origin.height() >= heights->second.size()) {
      return absl::DataLossError("it is a copy of nothing");
    }
    uint64_t& before_it = last[origin.journal_id()];
    if (origin.height() <= before_it) {
      return absl::DataLossError(fmt::format(
          "its original, at height {}, does not come behind that of the copy before it", origin.height()));
    }
    before_it = origin.height();
    Held& held = heights->second[origin.height()];
    const Origin* before = origin.has_before() ? &origin.before() : nullptr;
    const uint64_t head = BeginningOf(origin.head()), rest = RestOf(decision, before, origin.format());
    if (held.head != 0 && (held.head != head || held.rest != rest)) {
      return absl::DataLossError("it differs from another copy of the same record in more than events");
    }
    held.head = head;
    held.rest = rest;
    if (origin.events_size() != 0 && origin.events_size() != decision.events_size()) {
      return absl::DataLossError("it does not say which events it has");
    }
    for (uint32_t index = 0; index < static_cast<uint32_t>(decision.events_size()); ++index) {
      const auto event = ParseOne(decision.events(static_cast<int>(index)), new_event);
      if (!event.ok()) return event.status();
      Message& inner = MutableInner(**event);
      if (absl::Status restored = pages.Restore(source.place().height, origin, inner); !restored.ok())
        return restored;
      const auto once = StandsOnce(inner, journal.of.spec->single_partition);
      if (!once.ok()) return once.status();
      if (*once) {
        held.events += EventSum(partition::NumberInOrigin(origin, index), before, index, **event);
      } else {
        journal.everywhere.Add((*event)->SerializeAsString());
      }
    }
    if (MayComeAgain(decision, since_)) journal.requests.insert(KeyOf(decision));
    ++counts_[journal.of.spec->context].copies;
    return absl::OkStatus();
  }

  absl::Status ReadOriginals(const Surveyed& one) {
    Source source(one.of.journal, from_.Reader(), from_.strictness, one.end_offset, one.end);
    const auto new_event = EventMaker(*one.of.spec);
    const std::vector<Held>& copied = copied_[one.End().journal_id()];
    Everywhere everywhere;
    while (true) {
      const auto any = source.Next();
      if (!any.ok()) return any.status();
      if (!*any) break;
      const absl::Status read =
          ReadOriginal(one, source, new_event, copied[source.place().height], everywhere);
      if (!read.ok()) {
        return absl::DataLossError(fmt::format("{} at height {}: {}", one.of.journal.ToString(),
                                               source.place().height, std::string(read.message())));
      }
    }
    for (const NewJournal& journal : journals_) {
      if (journal.of.journal.topic != one.of.journal.topic || journal.everywhere == everywhere) continue;
      return absl::DataLossError(
          fmt::format("{} holds {} events that belong to no county, {} holds {}, which are not the same or "
                      "in another order",
                      journal.of.journal.ToString(), journal.everywhere.count, one.of.journal.ToString(),
                      everywhere.count));
    }
    return absl::OkStatus();
  }

  absl::Status ReadOriginal(const Surveyed& one, const Source& source,
                            const std::function<partition::EventPtr()>& new_event, const Held& held,
                            Everywhere& everywhere) {
    const Decision& decision = source.decision();
    const Origin* before = decision.has_copied_from() ? &decision.copied_from() : nullptr;
    uint64_t events = 0;
    for (uint32_t number = 0; number < static_cast<uint32_t>(decision.events_size()); ++number) {
      const auto event = ParseOne(decision.events(static_cast<int>(number)), new_event);
      if (!event.ok()) return event.status();
      const auto once = StandsOnce(*events::InnerEvent(**event), one.of.spec->single_partition);
      if (!once.ok()) return once.status();
      if (*once) {
        events += EventSum(number, before, number, **event);
      } else {
        everywhere.Add((*event)->SerializeAsString());
      }
    }
    if (held.head != 0) {
      if (held.head != BeginningOf(source.place().head.view())) {
        return absl::DataLossError("what is said to be a copy of it is not");
      }
      if (held.rest != RestOf(decision, before, source.format())) {
        return absl::DataLossError("its copies say another cause, time or outcome");
      }
    }
    const bool without_events = decision.has_command() && decision.events().empty();
    const bool everybody = without_events && MayComeAgain(decision, since_);
    // Of a command without events also another record bears out that its id is remembered.
    if (held.head == 0 && !everybody && (decision.has_command() || events != 0)) {
      return absl::DataLossError("it is in no new journal");
    }
    if (held.events != events) {
      return absl::DataLossError("its events are not in the new journals, each once and as it was");
    }
    if (everybody) {
      for (const NewJournal& journal : journals_) {
        if (journal.of.journal.topic != one.of.journal.topic || journal.requests.contains(KeyOf(decision)))
          continue;
        return absl::DataLossError(
            fmt::format("{} does not remember its request id", journal.of.journal.ToString()));
      }
    }
    Counts& counts = counts_[one.of.spec->context];
    if (decision.has_command()) ++counts.acknowledged;
    if (decision.has_command() || events != 0) ++counts.decisions;
    return absl::OkStatus();
  }

  const Installation& from_;
  const std::vector<Surveyed>& surveyed_;
  const Installation& to_;
  const absl::Time since_;
  std::vector<NewJournal> journals_;
  Copied copied_;
  std::map<std::string, Counts> counts_;
};

}  // namespace

absl::StatusOr<std::map<std::string, Counts>> Audit(const Installation& from,
                                                    const std::vector<Surveyed>& surveyed,
                                                    const Installation& to) {
  return Auditor(from, surveyed, to).Run();
}

}  // namespace sanyuan::reshard
