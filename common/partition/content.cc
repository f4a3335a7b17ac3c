#include "common/partition/content.h"

#include <fmt/format.h>

#include <cstring>
#include <string>

namespace sanyuan::partition {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsKnownField(const Message& message, const Reflection& reflection, const FieldDescriptor& field) {
  const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    for (int i = 0; i < count; ++i) {
      if (!IsKnown(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                       : reflection.GetMessage(message, &field))) {
        return false;
      }
    }
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    for (int i = 0; i < count; ++i) {
      const int value = field.is_repeated() ? reflection.GetRepeatedEnumValue(message, &field, i)
                                            : reflection.GetEnumValue(message, &field);
      if (field.enum_type()->FindValueByNumber(value) == nullptr) return false;
    }
  }
  return true;
}

}  // namespace

bool IsKnown(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return false;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsKnownField(message, reflection, *field)) return false;
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
