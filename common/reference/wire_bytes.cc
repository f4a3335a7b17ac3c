#include "common/reference/wire_bytes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>

namespace sanyuan::reference {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

bool FieldEquals(const Message& before, const Message& after, const FieldDescriptor* field) {
  // The differencer takes the fields it is given as set.
  if (field->has_presence() &&
      before.GetReflection()->HasField(before, field) != after.GetReflection()->HasField(after, field)) {
    return false;
  }
  MessageDifferencer differencer;
  return differencer.CompareWithFields(before, after, {field}, {field});
}

void Compare(const Message& before, const Message& after, const std::string& prefix, int depth,
             std::vector<std::string>& paths) {
  for (int i = 0; i < before.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = before.GetDescriptor()->field(i);
    if (FieldEquals(before, after, field)) continue;
    const bool goes_deeper =
        depth > 1 && !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (goes_deeper) {
      const size_t found = paths.size();
      Compare(before.GetReflection()->GetMessage(before, field),
              after.GetReflection()->GetMessage(after, field), fmt::format("{}{}.", prefix, field->name()),
              depth - 1, paths);
      // An empty message against none differs in itself only.
      if (paths.size() > found) continue;
    }
    paths.push_back(fmt::format("{}{}", prefix, field->name()));
  }
}

}  // namespace

std::string CanonicalBytes(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    if (!message.SerializeToCodedStream(&coded))
      std::abort();  // Over 2 GiB only; a digest of less would lie.
  }
  return bytes;
}

std::vector<std::string> ChangedPaths(const Message& before, const Message& after, int depth) {
  std::vector<std::string> paths;
  Compare(before, after, "", depth, paths);
  return paths;
}

std::string JoinPaths(const std::vector<std::string>& paths) {
  return fmt::format("{}", fmt::join(paths, ", "));
}

}  // namespace sanyuan::reference
