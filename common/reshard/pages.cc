#include "common/reshard/pages.h"

#include <fmt/format.h>

#include "absl/strings/match.h"

namespace sanyuan::reshard {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// nullptr: the event names no pages.
const FieldDescriptor* HeightsField(const Message& inner) {
  const FieldDescriptor* field = inner.GetDescriptor()->FindFieldByName("page_heights");
  return field != nullptr && field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64
             ? field
             : nullptr;
}

}  // namespace

bool IsPage(const Message& inner) { return absl::EndsWith(inner.GetDescriptor()->name(), "Page"); }

std::vector<uint64_t> PageHeights(const Message& inner) {
  const FieldDescriptor* field = HeightsField(inner);
  if (field == nullptr) return {};
  const google::protobuf::Reflection& reflection = *inner.GetReflection();
  std::vector<uint64_t> heights;
  for (int i = 0; i < reflection.FieldSize(inner, field); ++i) {
    heights.push_back(reflection.GetRepeatedUInt64(inner, field, i));
  }
  return heights;
}

void SetPageHeights(const std::vector<uint64_t>& heights, Message& inner) {
  const FieldDescriptor* field = HeightsField(inner);
  for (size_t i = 0; i < heights.size(); ++i) {
    inner.GetReflection()->SetRepeatedUInt64(&inner, field, static_cast<int>(i), heights[i]);
  }
}

Message& MutableInner(Message& event) {
  const auto* oneof = event.GetDescriptor()->FindOneofByName("event");
  return *event.GetReflection()->MutableMessage(&event,
                                                event.GetReflection()->GetOneofFieldDescriptor(event, oneof));
}

std::string RunOrWindowOf(const Message& inner) {
  for (const char* name : {"run_id", "window_id"}) {
    const FieldDescriptor* field = inner.GetDescriptor()->FindFieldByName(name);
    if (field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated()) {
      return inner.GetReflection()->GetString(inner, field);
    }
  }
  return "";
}

void PageMap::Note(size_t from, uint64_t height, size_t to, uint64_t new_height) {
  places_[{from, height}] = {to, new_height};
}

absl::Status PageMap::Map(size_t from, size_t to, Message& inner) const {
  std::vector<uint64_t> heights = PageHeights(inner);
  for (uint64_t& height : heights) {
    const auto place = places_.find({from, height});
    if (place == places_.end() || place->second.first != to) {
      return absl::DataLossError(
          fmt::format("a {} names a page at height {} that was not copied to where it goes",
                      std::string(inner.GetDescriptor()->full_name()), height));
    }
    height = place->second.second;
  }
  SetPageHeights(heights, inner);
  return absl::OkStatus();
}

}  // namespace sanyuan::reshard
