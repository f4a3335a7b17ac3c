#include "common/reshard/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

#include "common/events/public_event.h"
#include "common/partition/content.h"
#include "common/reshard/pages.h"
#include "common/reshard/scope.h"
#include "common/reshard/source.h"

namespace sanyuan::reshard {
namespace {

// Of the older records that copies name, by journal id and height: the beginning of their digests.
using Copied = std::map<std::string, std::vector<uint64_t>>;

uint64_t BeginningOf(std::string_view digest) {
  uint64_t beginning = 0;
  std::memcpy(&beginning, digest.data(), std::min(digest.size(), sizeof(beginning)));
  return beginning == 0 ? 1 : beginning;  // 0 stands for no copy.
}

absl::StatusOr<partition::EventPtr> ParseOne(const std::string& bytes,
                                             const std::function<partition::EventPtr()>& new_event) {
  partition::EventPtr event = new_event();
  if (absl::Status parsed = partition::ParseKnown(bytes, *event); !parsed.ok()) return parsed;
  if (events::InnerEvent(*event) == nullptr) return absl::DataLossError("an event without content");
  return event;
}

// The pages of one new journal that came by so far, and whether they are there when they are named.
class PageAudit {
 public:
  absl::Status Look(uint64_t height, const google::protobuf::Message& inner) {
    if (IsPage(inner)) pages_[height] = WholeOf(inner);
    for (const uint64_t named : PageHeights(inner)) {
      const auto page = pages_.find(named);
      if (page == pages_.end() || page->second != WholeOf(inner)) {
        return absl::DataLossError(
            fmt::format("at height {} a {} names height {}, where no page of it stands", height,
                        std::string(inner.GetDescriptor()->full_name()), named));
      }
    }
    return absl::OkStatus();
  }

 private:
  std::map<uint64_t, std::string> pages_;
};

// Whether the decision must be in a new journal as its copy.
absl::StatusOr<bool> MustBeCopied(const journal::v1::Decision& decision, bool single_partition,
                                  const std::function<partition::EventPtr()>& new_event) {
  if (decision.has_command()) return true;
  for (const std::string& bytes : decision.events()) {
    if (single_partition) return true;
    const auto event = ParseOne(bytes, new_event);
    if (!event.ok()) return event.status();
    const auto scope = ScopeOf(*events::InnerEvent(**event));
    if (!scope.ok()) return scope.status();
    if (*scope) return true;
  }
  return false;
}

absl::Status ReadCopies(const host::JournalOf& of, const Installation& to, Copied& copied, Counts& counts) {
  const auto end = to.log->EndOffset(of.journal);
  if (!end.ok()) return end.status();
  Source source(of.journal, to.Reader(), to.strictness, *end);
  const auto new_event = EventMaker(*of.spec);
  PageAudit pages;
  while (true) {
    const auto any = source.Next();
    if (!any.ok()) return any.status();
    if (!*any) return absl::OkStatus();
    if (!source.decision().has_copied_from()) continue;
    const journal::v1::Origin& origin = source.decision().copied_from();
    const auto heights = copied.find(origin.journal_id());
    if (heights == copied.end() || origin.height() >= heights->second.size()) {
      return absl::DataLossError(
          fmt::format("{} at height {} is a copy of nothing", of.journal.ToString(), source.place().height));
    }
    heights->second[origin.height()] = BeginningOf(origin.head());
    ++counts.copies;
    for (const std::string& bytes : source.decision().events()) {
      const auto event = ParseOne(bytes, new_event);
      if (!event.ok()) return event.status();
      const absl::Status looked = pages.Look(source.place().height, *events::InnerEvent(**event));
      if (!looked.ok()) {
        return absl::DataLossError(
            fmt::format("{}: {}", of.journal.ToString(), std::string(looked.message())));
      }
    }
  }
}

absl::Status ReadOriginals(const Surveyed& surveyed, const Installation& from,
                           const std::vector<uint64_t>& copied, Counts& counts) {
  Source source(surveyed.of.journal, from.Reader(), from.strictness, surveyed.end_offset, surveyed.end);
  const auto new_event = EventMaker(*surveyed.of.spec);
  while (true) {
    const auto any = source.Next();
    if (!any.ok()) return any.status();
    if (!*any) return absl::OkStatus();
    const uint64_t named = copied[source.place().height];
    if (named != 0 && named != BeginningOf(source.place().head.view())) {
      return absl::DataLossError(fmt::format("what is said to be a copy of {} at height {} is not",
                                             surveyed.of.journal.ToString(), source.place().height));
    }
    const auto wanted = MustBeCopied(source.decision(), surveyed.of.spec->single_partition, new_event);
    if (!wanted.ok()) return wanted.status();
    if (!*wanted) continue;
    if (named == 0) {
      return absl::DataLossError(fmt::format("the decision of {} at height {} is in no new journal",
                                             surveyed.of.journal.ToString(), source.place().height));
    }
    ++counts.decisions;
    if (source.decision().has_command()) ++counts.acknowledged;
  }
}

}  // namespace

absl::StatusOr<std::map<std::string, Counts>> Audit(const Installation& from,
                                                    const std::vector<Surveyed>& surveyed,
                                                    const Installation& to) {
  std::map<std::string, Counts> counts;
  Copied copied;
  for (const Surveyed& one : surveyed) copied[one.End().journal_id()].resize(one.end.height + 1);
  for (const host::JournalOf& of : to.Journals()) {
    if (absl::Status read = ReadCopies(of, to, copied, counts[of.spec->context]); !read.ok()) return read;
  }
  for (const Surveyed& one : surveyed) {
    const absl::Status read =
        ReadOriginals(one, from, copied[one.End().journal_id()], counts[one.of.spec->context]);
    if (!read.ok()) return read;
  }
  return counts;
}

}  // namespace sanyuan::reshard
