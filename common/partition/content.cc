#include "common/partition/content.h"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <unordered_map>

namespace sanyuan::partition {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// Where a message of a type can hold something unknown, beside fields that it does not know itself.
struct Nested {
  std::vector<const FieldDescriptor*> fields;  // Messages and enums, outside of oneofs.
  std::vector<const OneofDescriptor*> oneofs;  // With a message or an enum among them.
};

bool CanHoldUnknown(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
}

// Looking a type over costs more than looking a message over, so each thread does it once.
const Nested& NestedOf(const Descriptor& type) {
  thread_local std::unordered_map<const Descriptor*, Nested> known;
  const auto [it, first] = known.try_emplace(&type);
  if (!first) return it->second;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (CanHoldUnknown(field) && field.real_containing_oneof() == nullptr)
      it->second.fields.push_back(&field);
  }
  for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
    const OneofDescriptor& oneof = *type.oneof_decl(i);
    for (int j = 0; j < oneof.field_count(); ++j) {
      if (!CanHoldUnknown(*oneof.field(j))) continue;
      it->second.oneofs.push_back(&oneof);
      break;
    }
  }
  return it->second;
}

bool IsKnownField(const Message& message, const Reflection& reflection, const FieldDescriptor& field) {
  if (!field.is_repeated() && !reflection.HasField(message, &field)) return true;
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
  const Nested& nested = NestedOf(*message.GetDescriptor());
  for (const FieldDescriptor* field : nested.fields) {
    if (!IsKnownField(message, reflection, *field)) return false;
  }
  for (const OneofDescriptor* oneof : nested.oneofs) {
    const FieldDescriptor* field = reflection.GetOneofFieldDescriptor(message, oneof);
    if (field != nullptr && CanHoldUnknown(*field) && !IsKnownField(message, reflection, *field))
      return false;
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

absl::Status ParseKnown(std::string_view bytes, journal::v1::Decision& decision) {
  Message& message = decision;
  if (absl::Status parsed = ParseKnown(bytes, message); !parsed.ok()) return parsed;
  if (decision.format_raised().format() > kNewestFormat) {
    return absl::DataLossError(fmt::format("the journal goes on in format {}; this version reads up to {}",
                                           decision.format_raised().format(), kNewestFormat));
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
