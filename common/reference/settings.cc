#include "common/reference/settings.h"

#include <fmt/format.h>

#include "sanyuan/common/v1/setting.pb.h"

namespace sanyuan::reference {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool HasSetting(const FieldDescriptor& field) {
  return !field.is_repeated() && field.options().HasExtension(common::v1::setting) &&
         (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
          field.cpp_type() == FieldDescriptor::CPPTYPE_INT64);
}

int64_t ValueOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ? reflection.GetInt64(message, &field)
                                                            : reflection.GetInt32(message, &field);
}

}  // namespace

void SetStartValues(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (!HasSetting(field)) continue;
    const int64_t value = field.options().GetExtension(common::v1::setting).value();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      reflection.SetInt64(&message, &field, value);
    } else {
      reflection.SetInt32(&message, &field, static_cast<int32_t>(value));
    }
  }
}

void CheckSettings(const Message& message, const std::string& path, Refusals& refusals) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const std::string name = fmt::format("{}.{}", path, field.name());
    if (HasSetting(field)) {
      const common::v1::Setting& setting = field.options().GetExtension(common::v1::setting);
      CheckRange(ValueOf(message, field), setting.min(), setting.max(), name, refusals);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field.is_repeated()) {
        for (int item = 0; item < reflection.FieldSize(message, &field); ++item) {
          CheckSettings(reflection.GetRepeatedMessage(message, &field, item),
                        fmt::format("{}[{}]", name, item), refusals);
        }
      } else if (reflection.HasField(message, &field)) {
        CheckSettings(reflection.GetMessage(message, &field), name, refusals);
      }
    }
  }
}

}  // namespace sanyuan::reference
