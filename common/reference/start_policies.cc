// What the product starts with. The numbers stand beside their fields in policy.proto; here are the tables.
#include <fmt/format.h>

#include "common/reference/policies.h"
#include "common/reference/settings.h"
#include "common/reference/wire_time.h"

namespace sanyuan::reference {
namespace {

namespace v1 = registry::v1;

template <typename Policy>
Policy WithStartValues() {
  Policy policy;
  SetStartValues(policy);
  return policy;
}

void AddRatio(v1::AllocationPolicy& policy, const std::string& class_code, int32_t ratio_bp, int32_t min_bp,
              int32_t max_bp) {
  v1::BalanceRatio& ratio = *policy.add_balance_ratios();
  ratio.set_class_code(class_code);
  ratio.set_urban_bp(ratio_bp);
  ratio.set_rural_bp(ratio_bp);
  ratio.set_min_bp(min_bp);
  ratio.set_max_bp(max_bp);
}

void AddInterval(v1::InteractionPolicy& policy, int32_t from_minute, int32_t to_minute) {
  v1::WorkingInterval& interval = *policy.add_working_intervals();
  interval.set_from_minute(from_minute);
  interval.set_to_minute(to_minute);
}

void AddDigits(v1::CodeFormat& format, int32_t length) {
  v1::CodeSegment& segment = *format.add_segments();
  segment.set_kind(v1::CodeSegment::KIND_DIGITS);
  segment.set_min_length(length);
  segment.set_max_length(length);
}

void AddProhibition(v1::ConductPolicy& policy, const char* code, const char* zh, const char* en) {
  v1::Prohibition& prohibition = *policy.add_prohibitions();
  prohibition.set_code(code);
  prohibition.set_text_zh(zh);
  prohibition.set_text_en(en);
  prohibition.set_veto(true);
}

}  // namespace

v1::OrderingPolicy StartOrderingPolicy() { return WithStartValues<v1::OrderingPolicy>(); }

v1::AllocationPolicy StartAllocationPolicy() {
  auto policy = WithStartValues<v1::AllocationPolicy>();
  policy.set_fill_min_one(true);
  for (const std::string class_code : {"1", "2", "3"}) AddRatio(policy, class_code, 10000, 10000, 10300);
  for (const std::string class_code : {"4", "5"}) AddRatio(policy, class_code, 9500, 9000, 9800);
  return policy;
}

v1::DeliveryPolicy StartDeliveryPolicy() { return WithStartValues<v1::DeliveryPolicy>(); }

v1::InteractionPolicy StartInteractionPolicy() {
  auto policy = WithStartValues<v1::InteractionPolicy>();
  AddInterval(policy, 8 * 60 + 30, 12 * 60);
  AddInterval(policy, 14 * 60 + 30, 18 * 60);
  return policy;
}

v1::FormatPolicy StartFormatPolicy() {
  v1::FormatPolicy policy;
  v1::CodeFormat& licence = *policy.add_licence_formats();
  licence.set_name("retail licence");
  licence.add_segments()->set_kind(v1::CodeSegment::KIND_COUNTY);
  v1::CodeSegment& nature = *licence.add_segments();
  nature.set_kind(v1::CodeSegment::KIND_ONE_OF);
  for (const std::string& value : {std::string("1"), std::string("2")}) nature.add_values(value);
  AddDigits(licence, 5);
  v1::CodeFormat& sku = *policy.add_sku_formats();
  sku.set_name("cigarette");
  AddDigits(sku, 6);
  return policy;
}

v1::ConductPolicy StartConductPolicy() {
  auto policy = WithStartValues<v1::ConductPolicy>();
  policy.set_commitment_version("letter-1");
  AddProhibition(policy, "ASSIGN_ORDERS", "不准向零售客户指派订单", "Shall not assign orders to retailers");
  AddProhibition(policy, "DISTRIBUTE_GOODS", "不准向零售客户分配货源",
                 "Shall not distribute goods to retailers");
  AddProhibition(policy, "AGREE_BRANDS", "不准与客户商定卷烟品牌和数量",
                 "Shall not agree brands and quantities with retailers");
  AddProhibition(policy, "IMPLY_BRANDS", "不准要求或暗示客户按指定品牌和数量上报需求",
                 "Shall not require or imply that retailers report given brands and quantities");
  AddProhibition(policy, "LOWER_LIMIT", "不准规定客户销量下限", "Shall not set a lower limit of sales");
  AddProhibition(policy, "AGREE_BY_SPECIFICATION", "不准按规格规定销量",
                 "Shall not set sales by specification");
  return policy;
}

std::vector<v1::PolicyVersion> StartPolicies(const std::string& label, absl::Time effective_from) {
  std::vector<v1::PolicyVersion> policies(6);
  *policies[0].mutable_ordering() = StartOrderingPolicy();
  *policies[1].mutable_allocation() = StartAllocationPolicy();
  *policies[2].mutable_delivery() = StartDeliveryPolicy();
  *policies[3].mutable_interaction() = StartInteractionPolicy();
  *policies[4].mutable_format() = StartFormatPolicy();
  *policies[5].mutable_conduct() = StartConductPolicy();
  constexpr const char* kNames[] = {"ordering", "allocation", "delivery", "interaction", "format", "conduct"};
  for (size_t i = 0; i < policies.size(); ++i) {
    policies[i].set_version(fmt::format("{}-{}", kNames[i], label));
    *policies[i].mutable_effective_from() = ToWireTime(effective_from);
  }
  return policies;
}

}  // namespace sanyuan::reference
