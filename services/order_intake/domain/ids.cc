#include "services/order_intake/domain/ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sanyuan::order_intake {
namespace {

constexpr size_t kHalf = 13;

bool IsIdCharacter(char c) {
  const auto u = static_cast<unsigned char>(c);
  return absl::ascii_isdigit(u) || absl::ascii_islower(u);
}

}  // namespace

std::optional<WindowId> WindowId::Parse(std::string_view text) {
  // County, '-', eight digits, '-', one or two digits.
  if (text.size() < 17 || text.size() > 18 || text[6] != '-' || text[15] != '-') return std::nullopt;
  const auto county = ParseCounty(text.substr(0, 6));
  const auto day = ParseCompactDay(text.substr(7, 8));
  if (!county || !day) return std::nullopt;
  uint16_t sequence = 0;
  for (char c : text.substr(16)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    sequence = static_cast<uint16_t>(sequence * 10 + (c - '0'));
  }
  if (text[16] == '0') return std::nullopt;
  return WindowId{*county, *day, sequence};
}

std::string WindowId::Text() const { return fmt::format("{:06}-{:08}-{}", county, order_day, sequence); }

std::optional<DerivedId> DerivedId::Parse(std::string_view text) {
  if (text.size() != 7 + 2 * kHalf || text[6] != '-') return std::nullopt;
  const auto county = ParseCounty(text.substr(0, 6));
  if (!county || !std::all_of(text.begin() + 7, text.end(), IsIdCharacter)) return std::nullopt;
  return DerivedId{*county, Code(text.substr(7, kHalf)), Code(text.substr(7 + kHalf))};
}

std::string DerivedId::Text() const {
  std::string text = CountyText(county);
  text.reserve(7 + 2 * kHalf);
  text.push_back('-');
  text.append(head.view()).append(tail.view());
  return text;
}

std::optional<County> ParseCounty(std::string_view text) {
  if (text.size() != 6) return std::nullopt;
  return CountyOfId(text);
}

}  // namespace sanyuan::order_intake
