#include "services/sanyuanctl/demo/people.h"

#include <fmt/format.h>

#include <array>

#include "services/sanyuanctl/demo/plan.h"

namespace sanyuan::ctl::demo {
namespace {

template <size_t n>
const char* Pick(Draw& draw, const std::array<const char*, n>& from) {
  return from.at(static_cast<size_t>(draw.Below(static_cast<int64_t>(n))));
}

constexpr std::array<const char*, 16> kFamilies = {"王", "李", "张", "刘", "陈", "杨", "赵", "黄",
                                                   "马", "吴", "徐", "孙", "朱", "苗", "鲁", "石"};
constexpr std::array<const char*, 16> kFirst = {"建", "秀", "志", "玉", "国", "桂", "文", "海",
                                                "小", "永", "春", "兰", "晓", "红", "德", "金"};
constexpr std::array<const char*, 16> kSecond = {"华", "英", "强", "梅", "平", "芳", "军", "霞",
                                                 "明", "林", "花", "生", "燕", "祥", "莲", "龙"};
constexpr std::array<const char*, 6> kTrades = {"商店", "超市", "烟酒店", "便利店", "副食店", "百货店"};
constexpr std::array<const char*, 6> kStreets = {"青龙路", "胜利街", "引大路", "滨河路", "人民街", "纬五路"};
constexpr std::array<const char*, 6> kTowns = {"中堡镇", "武胜驿镇", "河桥镇", "连城镇", "苦水镇", "红城镇"};

Draw Of(uint64_t seed, const char* what, const std::string& id) {
  return Draw(seed, fmt::format("{} of {}", what, id));
}

}  // namespace

std::string NameOf(uint64_t seed, const std::string& id) {
  Draw draw = Of(seed, "name", id);
  std::string name = Pick(draw, kFamilies);
  name += Pick(draw, kFirst);
  return name + Pick(draw, kSecond);
}

std::string PhoneOf(uint64_t seed, const std::string& id) {
  return fmt::format("100{:08}", Of(seed, "phone", id).Below(100'000'000));
}

std::string PinOf(uint64_t seed, const std::string& licence) {
  return fmt::format("{:06}", Of(seed, "PIN", licence).Below(1'000'000));
}

std::string ShopNameOf(uint64_t seed, const std::string& licence) {
  Draw draw = Of(seed, "shop", licence);
  std::string name = Pick(draw, kFirst);
  name += Pick(draw, kSecond);
  return name + Pick(draw, kTrades);
}

std::string AddressOf(uint64_t seed, const std::string& licence, bool urban) {
  Draw draw = Of(seed, "address", licence);
  const char* place = urban ? Pick(draw, kStreets) : Pick(draw, kTowns);
  return fmt::format("永登县{}{}号", place, draw.Below(300) + 1);
}

}  // namespace sanyuan::ctl::demo
