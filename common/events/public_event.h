// What of a journal's event is for everybody: the event without its envelope, without what is personal or marked as
// `unpublished`, and the county and the thing that it is about, as its own ids say. Pure functions, any thread.
#ifndef SANYUAN_COMMON_EVENTS_PUBLIC_EVENT_H_
#define SANYUAN_COMMON_EVENTS_PUBLIC_EVENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "common/state/code.h"
#include "google/protobuf/message.h"

namespace sanyuan::events {

// False for sealed texts, keyed hashes and fields with the option `unpublished`.
bool IsPublished(const google::protobuf::FieldDescriptor& field);
// Whether messages of this type, and those in them, hold nothing else than what is published.
bool IsPublishedWhole(const google::protobuf::Descriptor& type);

// Clears everything in the message, and in those inside, that is not published.
void RemoveUnpublished(google::protobuf::Message& message);

// The message that the `event` oneof of a context's Event holds; nullptr when it holds none.
const google::protobuf::Message* InnerEvent(const google::protobuf::Message& event);

// The bytes that are published of an event (as InnerEvent gives it): the same for the same event.
std::string PublicBytes(const google::protobuf::Message& inner);

struct About {
  std::optional<County> county;  // Nothing: it belongs to no county.
  // The first id in it that begins with its county's code, else that code; empty when it belongs to no county.
  std::string subject;
};

// What the event names: a field `county_code`, else an id or a licence that begins with a county's code. A county counts
// only if it belongs to `partition` of `partitions`: other digits are an accident.
About WhatItIsAbout(const google::protobuf::Message& inner, int32_t partition, int32_t partitions);

}  // namespace sanyuan::events

#endif  // SANYUAN_COMMON_EVENTS_PUBLIC_EVENT_H_
