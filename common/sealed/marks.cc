#include "common/sealed/marks.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sanyuan::sealed {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kSealedLeast = 38;  // Base64 of 12 bytes nonce and 16 bytes tag.
constexpr size_t kHashLength = 43;   // Base64 of 32 bytes.

bool IsBase64Url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
  });
}

bool IsProtected(const common::v1::Personal& personal, const std::string& text) {
  return text.empty() || (personal.hash() ? IsHashText(text) : IsSealedText(text));
}

void Find(const Message& message, const std::string& path, std::vector<std::string>& found) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string name =
        path.empty() ? std::string(field->name()) : fmt::format("{}.{}", path, field->name());
    const common::v1::Personal* personal = PersonalOf(*field);
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const std::string item = field->is_repeated() ? fmt::format("{}[{}]", name, i) : name;
      if (personal != nullptr) {
        const std::string text = field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                      : reflection.GetString(message, field);
        if (!IsProtected(*personal, text)) found.push_back(item);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Find(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                  : reflection.GetMessage(message, field),
             item, found);
      }
    }
  }
}

}  // namespace

bool IsSealedText(std::string_view text) {
  return text.substr(0, kSealedMark.size()) == kSealedMark &&
         text.size() >= kSealedMark.size() + kSealedLeast && IsBase64Url(text.substr(kSealedMark.size()));
}

bool IsHashText(std::string_view text) {
  return text.substr(0, kHashMark.size()) == kHashMark && text.size() == kHashMark.size() + kHashLength &&
         IsBase64Url(text.substr(kHashMark.size()));
}

const common::v1::Personal* PersonalOf(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING ||
      !field.options().HasExtension(common::v1::personal)) {
    return nullptr;
  }
  return &field.options().GetExtension(common::v1::personal);
}

std::vector<std::string> UnprotectedPaths(const Message& message, const std::string& path) {
  std::vector<std::string> found;
  Find(message, path, found);
  return found;
}

void SplitPersonal(Message& message, Message& personal) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (PersonalOf(*field) != nullptr) {
      reflection.SwapFields(&message, &personal, {field});
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        SplitPersonal(*reflection.MutableRepeatedMessage(&message, field, i),
                      *reflection.AddMessage(&personal, field));
      }
    } else {
      SplitPersonal(*reflection.MutableMessage(&message, field),
                    *reflection.MutableMessage(&personal, field));
    }
  }
}

}  // namespace sanyuan::sealed
