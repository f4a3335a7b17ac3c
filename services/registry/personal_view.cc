#include "services/registry/personal_view.h"

#include "common/sealed/marks.h"

namespace sanyuan::registry {

void HidePersonal(google::protobuf::Message& message, bool texts_shown) {
  using google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (const common::v1::Personal* personal = sealed::PersonalOf(*field)) {
      if (personal->hash() || !texts_shown) reflection.ClearField(&message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_repeated()) {
        for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
          HidePersonal(*reflection.MutableRepeatedMessage(&message, field, i), texts_shown);
        }
      } else {
        HidePersonal(*reflection.MutableMessage(&message, field), texts_shown);
      }
    }
  }
}

}  // namespace sanyuan::registry
