#include "common/reshard/scope.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"

namespace sanyuan::reshard {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kCodeLength = 6;

// Looks through a message in the order of its fields; of several of a kind at the first, all of them are of one county.
struct ScopeSearch {
  std::optional<County> by_code;
  std::optional<County> by_id;

  void Look(const FieldDescriptor& field, const std::string& text) {
    if (field.name() == "county_code") {
      if (!by_code) by_code = CountyOfCode(text);
    } else if (absl::EndsWith(field.name(), "_id") && !by_id && text.size() > kCodeLength + 1 &&
               text[kCodeLength] == '-') {
      by_id = CountyOfId(text);
    }
  }

  void Through(const Message& message) {
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const bool many = field->is_repeated();
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        std::string scratch;
        Look(*field, many ? reflection.GetRepeatedStringReference(message, field, 0, &scratch)
                          : reflection.GetStringReference(message, field, &scratch));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Through(many ? reflection.GetRepeatedMessage(message, field, 0)
                     : reflection.GetMessage(message, field));
      }
      if (by_code) return;
    }
  }
};

}  // namespace

bool StandsEverywhere(const google::protobuf::Descriptor& type) {
  static const auto* const types = new std::set<std::string_view>{
      "sanyuan.registry.v1.CountyAdopted",
      "sanyuan.registry.v1.PolicyAdopted",
      "sanyuan.allocation.v1.SkusNoted",
      "sanyuan.allocation.v1.PolicyNoted",
      "sanyuan.order_intake.v1.CountyNoted",
      "sanyuan.order_intake.v1.SkuNoted",
      "sanyuan.order_intake.v1.OrderingPolicyNoted",
      "sanyuan.order_intake.v1.AllocationPolicyNoted",
      "sanyuan.delivery_tracking.v1.DeliveryPolicyNoted",
      "sanyuan.delivery_tracking.v1.CalendarNoted",
      "sanyuan.three_member_interaction.v1.PolicyNoted",
      "sanyuan.three_member_interaction.v1.CalendarNoted",
  };
  return types->contains(type.full_name());
}

absl::StatusOr<std::optional<County>> ScopeOf(const Message& inner) {
  if (StandsEverywhere(*inner.GetDescriptor())) return std::optional<County>();
  ScopeSearch search;
  search.Through(inner);
  if (!search.by_code && !search.by_id) {
    return absl::InvalidArgumentError(
        fmt::format("a {} names no county", std::string(inner.GetDescriptor()->full_name())));
  }
  return search.by_code ? search.by_code : search.by_id;
}

}  // namespace sanyuan::reshard
