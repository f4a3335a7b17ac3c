#include "tests/chaos/forged_fields/sites.h"

#include <fmt/format.h>

#include <utility>

#include "common/sealed/marks.h"

namespace sanyuan::testing {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A digit stays a digit and a letter a letter, so that ids and dates mostly stay well-formed.
std::string OtherText(std::string text, std::mt19937_64& random) {
  if (text.empty()) return "1";
  char& c = text[random() % text.size()];
  if (c >= '0' && c <= '9') {
    c = static_cast<char>('0' + (c - '0' + 1 + static_cast<int>(random() % 9)) % 10);
  } else if (c >= 'a' && c <= 'z') {
    c = static_cast<char>('a' + (c - 'a' + 1 + static_cast<int>(random() % 25)) % 26);
  } else {
    c = static_cast<char>(c ^ 1);
  }
  return text;
}

std::string OtherBytes(std::string bytes, std::mt19937_64& random) {
  if (bytes.empty()) return std::string(1, '\1');
  bytes[random() % bytes.size()] ^= static_cast<char>(1U << (random() % 8));
  return bytes;
}

template <typename T>
T OtherNumber(T value, std::mt19937_64& random) {
  // Mostly a neighbour: large jumps are refused more often than believed.
  const T step = random() % 4 == 0 ? static_cast<T>(2 + random() % 1000) : T{1};
  return value > step && random() % 2 == 0 ? static_cast<T>(value - step) : static_cast<T>(value + step);
}

int OtherEnum(const EnumDescriptor& type, int value, std::mt19937_64& random) {
  if (type.value_count() < 2) return value;
  while (true) {
    const int other =
        type.value(static_cast<int>(random() % static_cast<unsigned>(type.value_count())))->number();
    if (other != value) return other;
  }
}

// Reads and writes one scalar, singular (index < 0) or of a list.
void ChangeScalar(Message& message, const FieldDescriptor* field, int index, std::mt19937_64& random) {
  const Reflection& reflection = *message.GetReflection();
  const bool one = index < 0;
#define SANYUAN_CHANGE(TYPE, OTHER)                                                                       \
  {                                                                                                       \
    const auto value =                                                                                    \
        one ? reflection.Get##TYPE(message, field) : reflection.GetRepeated##TYPE(message, field, index); \
    const auto other = OTHER;                                                                             \
    if (one) {                                                                                            \
      reflection.Set##TYPE(&message, field, other);                                                       \
    } else {                                                                                              \
      reflection.SetRepeated##TYPE(&message, field, index, other);                                        \
    }                                                                                                     \
    return;                                                                                               \
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      SANYUAN_CHANGE(Int32, OtherNumber(value, random))
    case FieldDescriptor::CPPTYPE_INT64:
      SANYUAN_CHANGE(Int64, OtherNumber(value, random))
    case FieldDescriptor::CPPTYPE_UINT32:
      SANYUAN_CHANGE(UInt32, OtherNumber(value, random))
    case FieldDescriptor::CPPTYPE_UINT64:
      SANYUAN_CHANGE(UInt64, OtherNumber(value, random))
    case FieldDescriptor::CPPTYPE_BOOL:
      SANYUAN_CHANGE(Bool, !value)
    case FieldDescriptor::CPPTYPE_ENUM:
      SANYUAN_CHANGE(EnumValue, OtherEnum(*field->enum_type(), value, random))
    case FieldDescriptor::CPPTYPE_STRING:
      SANYUAN_CHANGE(String, field->type() == FieldDescriptor::TYPE_BYTES ? OtherBytes(value, random)
                                                                          : OtherText(value, random))
    default:
      return;  // No message of a journal holds floating point.
  }
#undef SANYUAN_CHANGE
}

void Remove(Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = index; i + 1 < reflection.FieldSize(message, field); ++i) {
    reflection.SwapElements(&message, field, i, i + 1);
  }
  reflection.RemoveLast(&message, field);
}

void AddSites(Message& message, const FieldDescriptor* field, int index, const std::string& kind,
              bool personal, std::vector<Site>& sites) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    sites.push_back({kind, personal, [&message, field, index](std::mt19937_64& random) {
                       ChangeScalar(message, field, index, random);
                     }});
    return;
  }
  const Reflection& reflection = *message.GetReflection();
  Message* inner = index < 0 ? reflection.MutableMessage(&message, field)
                             : reflection.MutableRepeatedMessage(&message, field, index);
  for (Site& site : SitesOf(*inner, kind, personal)) sites.push_back(std::move(site));
}

}  // namespace

std::vector<Site> SitesOf(Message& message, const std::string& prefix, bool personal) {
  std::vector<Site> sites;
  const Reflection& reflection = *message.GetReflection();
  const auto& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const std::string kind = fmt::format("{}.{}", prefix, field->name());
    const bool sealed = personal || sealed::PersonalOf(*field) != nullptr;
    if (field->is_repeated()) {
      for (int at = 0; at < reflection.FieldSize(message, field); ++at) {
        AddSites(message, field, at, kind, sealed, sites);
        sites.push_back({kind + " removed", sealed,
                         [&message, field, at](std::mt19937_64&) { Remove(message, field, at); }});
      }
    } else if (reflection.HasField(message, field)) {
      AddSites(message, field, -1, kind, sealed, sites);
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        sites.push_back({kind + " removed", sealed, [&message, field](std::mt19937_64&) {
                           message.GetReflection()->ClearField(&message, field);
                         }});
      }
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE && !field->containing_oneof()) {
      // Not set is a value too: zero, false, no text.
      AddSites(message, field, -1, kind, sealed, sites);
    }
  }
  return sites;
}

}  // namespace sanyuan::testing
