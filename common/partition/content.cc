#include "common/partition/content.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

namespace sanyuan::partition {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// What of a message type can hold something unknown, beside its unknown fields: asked for once and kept, since a
// walk through all fields of every message costs more than parsing it.
struct Doubtful {
  std::vector<const FieldDescriptor*> enums;
  std::vector<const FieldDescriptor*> messages;
};

const Doubtful& DoubtfulOf(const google::protobuf::Descriptor& type) {
  thread_local std::unordered_map<const google::protobuf::Descriptor*, Doubtful> types;
  const auto [it, inserted] = types.try_emplace(&type);
  for (int i = 0; inserted && i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) it->second.enums.push_back(field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) it->second.messages.push_back(field);
  }
  return it->second;
}

bool IsKnownValue(const FieldDescriptor& field, int value) {
  return value == 0 || field.enum_type()->FindValueByNumber(value) != nullptr;
}

}  // namespace

bool IsKnown(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return false;
  const Doubtful& doubtful = DoubtfulOf(*message.GetDescriptor());
  for (const FieldDescriptor* field : doubtful.enums) {
    if (!field->is_repeated()) {
      if (!IsKnownValue(*field, reflection.GetEnumValue(message, field))) return false;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!IsKnownValue(*field, reflection.GetRepeatedEnumValue(message, field, i))) return false;
    }
  }
  for (const FieldDescriptor* field : doubtful.messages) {
    if (!field->is_repeated()) {
      if (reflection.HasField(message, field) && !IsKnown(reflection.GetMessage(message, field)))
        return false;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (!IsKnown(reflection.GetRepeatedMessage(message, field, i))) return false;
    }
  }
  return true;
}

absl::Status ParseKnown(std::string_view bytes, Message& message) {
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(fmt::format("not a {}", message.GetTypeName()));
  }
  if (!IsKnown(message)) {
    return absl::DataLossError(
        fmt::format("{} holds something that this version does not know", message.GetTypeName()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<EventPtr>> ParseEvents(const journal::v1::Decision& decision,
                                                  const std::function<EventPtr()>& new_event) {
  std::vector<EventPtr> events;
  events.reserve(static_cast<size_t>(decision.events_size()));
  for (const std::string& bytes : decision.events()) {
    EventPtr event = new_event();
    if (absl::Status parsed = ParseKnown(bytes, *event); !parsed.ok()) return parsed;
    events.push_back(std::move(event));
  }
  return events;
}

Stamp StampOf(const journal::v1::Decision& decision) {
  Stamp stamp;
  stamp.decided_at = absl::FromUnixMicros(decision.decided_at_us());
  stamp.received_at = stamp.decided_at;
  if (decision.has_command()) {
    const journal::v1::CommandCause& command = decision.command();
    stamp.received_at = absl::FromUnixMicros(command.received_at_us());
    stamp.actor = {command.actor_id(), command.actor_role()};
    stamp.method = command.method();
    if (command.request_id().size() == stamp.request_id.size()) {
      std::memcpy(stamp.request_id.data(), command.request_id().data(), stamp.request_id.size());
    }
  }
  return stamp;
}

}  // namespace sanyuan::partition
