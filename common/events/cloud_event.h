// Events as CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the event's protobuf bytes as the value.
//
//   ce_id             JOURNAL-HEIGHT-INDEX-DIGEST: journal id, height of the decision, number of the event in it, and the
//                     first bytes of the decision's digest; hexadecimal but for height and index. The same event always
//                     has the same id. The digest tells decisions apart that stand at one height before and after an
//                     operator's release.
//   ce_source         "/sanyuan/<context>"
//   ce_type           full name of the message: "sanyuan.order_intake.v1.OrderSubmitted"
//   ce_subject        what it is about, by its id; left out with the key
//   ce_time           when it was decided, UTC, microseconds
//   ce_dataschema     "urn:sanyuan:proto:" and the type
//   ce_traceparent    whose trace the decision is part of, and
//   ce_tracestate     what tracing systems add to that, both of CloudEvents' Distributed Tracing; left out when not known
//   ce_partitionkey   the key: the county's code. Left out for what belongs to no county.
//   ce_journaloffset  where the decision lies, for who publishes: it saves a search. Of no use to others.
//   content-type      "application/protobuf"
//
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_EVENTS_CLOUD_EVENT_H_
#define SANYUAN_COMMON_EVENTS_CLOUD_EVENT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/host/tail.h"
#include "common/log/event_topics.h"
#include "common/partition/rule.h"

namespace sanyuan::events {

// "sanyuan.order_intake.events", in which the events of a context are published.
std::string TopicOf(std::string_view context);
// The URN of a type's schema.
std::string SchemaOf(std::string_view type);
inline constexpr std::string_view kContentType = "application/protobuf";

// Which event, as ids say it.
struct EventId {
  static constexpr size_t kDigestBytes = 8;

  partition::JournalId journal_id{};
  uint64_t height = 0;
  uint32_t index = 0;
  std::string digest;  // The first kDigestBytes of the record's.

  bool operator==(const EventId&) const = default;
  std::string JournalBytes() const;
  std::string ToString() const;
};

// nullopt when the text is no id of ours.
std::optional<EventId> ParseId(std::string_view text);

// Which partition publishes.
struct Origin {
  std::string context;
  int32_t partition = 0;
  int32_t partitions = 1;  // Of the context.
};

// `event` is one of the record's. An event of a type that its context does not know yields an empty type; such a record
// is never accepted.
log::EventMessage ToCloudEvent(const Origin& origin, const host::TailRecord& record,
                               const host::TailRecord::Shown& event);

// Where the event of these headers was decided. nullopt: they are not ours.
struct PublishedAt {
  EventId id;
  std::optional<int64_t> offset;  // In the journal.
};
std::optional<PublishedAt> WhereDecided(const log::EventHeaders& headers);

}  // namespace sanyuan::events

#endif  // SANYUAN_COMMON_EVENTS_CLOUD_EVENT_H_
