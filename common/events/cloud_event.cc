#include "common/events/cloud_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/digest/digest.h"
#include "common/events/public_event.h"
#include "common/tracing/trace_context.h"

namespace sanyuan::events {
namespace {

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace

std::string TopicOf(std::string_view context) { return fmt::format("sanyuan.{}.events", context); }

std::string SchemaOf(std::string_view type) { return fmt::format("urn:sanyuan:proto:{}", type); }

std::string EventId::JournalBytes() const {
  return {reinterpret_cast<const char*>(journal_id.data()), journal_id.size()};
}

std::string EventId::ToString() const {
  return fmt::format("{}-{}-{}-{}", Hex(JournalBytes()), height, index, Hex(digest));
}

std::optional<EventId> ParseId(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(absl::string_view(text.data(), text.size()), '-');
  if (parts.size() != 4) return std::nullopt;
  const std::optional<std::string> journal_id = BytesFromHex(parts[0]);
  const std::optional<std::string> digest = BytesFromHex(parts[3]);
  EventId id;
  if (!journal_id || journal_id->size() != id.journal_id.size() || !digest ||
      digest->size() != EventId::kDigestBytes || !absl::SimpleAtoi(parts[1], &id.height) ||
      !absl::SimpleAtoi(parts[2], &id.index)) {
    return std::nullopt;
  }
  std::copy(journal_id->begin(), journal_id->end(), id.journal_id.begin());
  id.digest = *digest;
  // Another spelling of it is not what we write.
  if (id.ToString() != text) return std::nullopt;
  return id;
}

log::EventMessage ToCloudEvent(const Origin& origin, const host::TailRecord& record,
                               const host::TailRecord::Shown& event) {
  log::EventMessage message;
  const EventId id{record.place.journal_id, record.place.height, event.index,
                   std::string(record.place.head.view().substr(0, EventId::kDigestBytes))};
  std::string type;
  About about;
  if (const google::protobuf::Message* inner = InnerEvent(*event.event)) {
    type = inner->GetDescriptor()->full_name();
    about = WhatItIsAbout(*inner, origin.partition, origin.partitions);
    message.value = PublicBytes(*inner);
  }
  message.headers = {
      {"ce_specversion", "1.0"},
      {"ce_id", id.ToString()},
      {"ce_source", fmt::format("/sanyuan/{}", origin.context)},
      {"ce_type", type},
      {"ce_time", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", record.decided_at, absl::UTCTimeZone())},
      {"ce_dataschema", SchemaOf(type)},
      {"ce_journaloffset", fmt::to_string(record.place.offset)},
      {"content-type", std::string(kContentType)},
  };
  if (const auto trace = tracing::FromTraceHeaders(record.headers)) {
    for (const auto& [name, value] : tracing::ToTraceHeaders(*trace))
      message.headers.emplace_back("ce_" + name, value);
  }
  if (about.county) {
    message.key = CountyText(*about.county);
    message.headers.emplace_back("ce_subject", about.subject);
    message.headers.emplace_back("ce_partitionkey", message.key);
  }
  return message;
}

std::optional<PublishedAt> WhereDecided(const log::EventHeaders& headers) {
  std::optional<PublishedAt> found;
  std::optional<int64_t> offset;
  for (const auto& [name, value] : headers) {
    if (name == "ce_id") {
      const std::optional<EventId> id = ParseId(value);
      if (id) found = PublishedAt{*id, std::nullopt};
    } else if (int64_t number = 0;
               name == "ce_journaloffset" && absl::SimpleAtoi(value, &number) && number >= 0) {
      offset = number;
    }
  }
  if (found) found->offset = offset;
  return found;
}

}  // namespace sanyuan::events
