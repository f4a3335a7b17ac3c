#include "services/allocation/explain.h"

#include <fmt/format.h>

namespace sanyuan::allocation {
namespace {

constexpr size_t kKeyShown = 8;

// The first bytes of a key, enough to tell two apart.
std::string Shown(const std::string& key) {
  std::string out;
  for (size_t i = 0; i < key.size() && i < kKeyShown; ++i)
    out += fmt::format("{:02x}", static_cast<unsigned char>(key[i]));
  return out;
}

void Add(Words& words, const std::string& zh, const std::string& en) {
  words.zh += zh;
  words.en += (words.en.empty() ? "" : " ") + en;
}

void AddRequest(Words& words, const v1::Explanation& e) {
  const std::string& sku = e.level().sku();
  if (e.held_cartons() > 0) {
    Add(words,
        fmt::format("规格{}：本户已得{}条，本行还可再得{}条。", sku, e.held_cartons(), e.requested_cartons()),
        fmt::format("SKU {}: your shop holds {} cartons already, and this line can still take {}.", sku,
                    e.held_cartons(), e.requested_cartons()));
  } else {
    Add(words, fmt::format("规格{}：本行订购{}条。", sku, e.requested_cartons()),
        fmt::format("SKU {}: this line asks for {} cartons.", sku, e.requested_cartons()));
  }
  if (e.shop_requested_cartons() != e.requested_cartons()) {
    Add(words,
        fmt::format("本户各行合计{}条，其中{}条在本行之前，先行满足。", e.shop_requested_cartons(),
                    e.shop_before_cartons()),
        fmt::format(
            "All lines of your shop ask for {}; {} of them stand before this line and are served first.",
            e.shop_requested_cartons(), e.shop_before_cartons()));
  }
  if (e.has_cap_cartons()) {
    Add(words,
        fmt::format("该规格为紧俏卷烟，{}类零售户合理定量为{}条，同类各户相同。", e.ration_class(),
                    e.cap_cartons()),
        fmt::format("The SKU is tight; the reasonable ration of class {} is {} cartons, the same for every "
                    "shop of it.",
                    e.ration_class(), e.cap_cartons()));
  }
}

void AddRule(Words& words, const v1::Explanation& e, int64_t offered) {
  const v1::SkuLevel& level = e.level();
  switch (level.rule()) {
    case v1::LINE_RULE_FULL:
      Add(words,
          fmt::format("本次可分配{}条，足够满足所有订单，因此不作削减，得{}条。", level.supply_cartons(),
                      offered),
          fmt::format("{} cartons could be shared out, enough for everybody, so nothing was cut: {} cartons.",
                      level.supply_cartons(), offered));
      return;
    case v1::LINE_RULE_NO_SUPPLY:
      Add(words, "本次没有投放该规格，得0条。", "Nothing of this SKU was released this time: 0 cartons.");
      return;
    default:
      break;
  }
  Add(words,
      fmt::format("本次可分配{}条，少于各户需求，按注水法均分：各户同权同限，逐条由低到高分配，到优先值{}/"
                  "{}为止；本户档位{}，权重{}。",
                  level.supply_cartons(), level.level_numerator(), level.level_denominator(), e.grade(),
                  e.weight()),
      fmt::format(
          "{} cartons could be shared out, less than all asked for. They were handed out carton by carton, "
          "lowest priority number first, up to {}/{}, to all shops alike; carton number x+1 of your shop "
          "(grade {}, weight {}) has the number (2x+{})/{}.",
          level.supply_cartons(), level.level_numerator(), level.level_denominator(), e.grade(), e.weight(),
          level.divisor(), e.weight()));
  if (level.min_one()) {
    Add(words, "每户第一条优先分配。", "First cartons come before all others.");
  }
  if (!e.tie_key().empty()) {
    const bool won = e.tie_key() < level.cut_off_key();
    Add(words,
        fmt::format("本户有一条恰在分界处，由摇号决定：本户号{}，分界号{}，{}。", Shown(e.tie_key()),
                    Shown(level.cut_off_key()), won ? "小于分界号，得此一条" : "不小于分界号，未得此一条"),
        fmt::format(
            "One carton of your shop stood just at the end, where the lottery decides: your key {}, the "
            "cut-off key {}; {}.",
            Shown(e.tie_key()), Shown(level.cut_off_key()),
            won ? "yours is lower, so you got it" : "yours is not lower, so it went to others"));
  }
  Add(words, fmt::format("因此本行得{}条。", offered), fmt::format("So this line got {} cartons.", offered));
}

}  // namespace

Words Explain(const v1::Explanation& explanation, int64_t offered_cartons) {
  Words words;
  AddRequest(words, explanation);
  AddRule(words, explanation, offered_cartons);
  const std::string policy = explanation.policy_version().empty() ? "-" : explanation.policy_version();
  Add(words,
      fmt::format("依据：分配批次{}，政策版本{}，算法{}。", explanation.run_id(), policy,
                  explanation.algorithm()),
      fmt::format("Judged by run {}, policy {}, algorithm {}.", explanation.run_id(), policy,
                  explanation.algorithm()));
  return words;
}

}  // namespace sanyuan::allocation
