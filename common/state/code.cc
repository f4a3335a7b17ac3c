#include "common/state/code.h"

#include <fmt/format.h>

#include <cstdlib>

#include "absl/strings/ascii.h"

namespace sanyuan {

Code::Code(std::string_view text) {
  if (!IsValid(text)) std::abort();
  std::memcpy(chars_.data(), text.data(), text.size());
  chars_[kMaxLength] = static_cast<char>(text.size());
}

bool Code::IsValid(std::string_view text) {
  if (text.empty() || text.size() > kMaxLength) return false;
  for (char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

std::optional<Code> Code::Parse(std::string_view text) {
  if (!IsValid(text)) return std::nullopt;
  return Code(text);
}

std::string CountyText(County county) { return fmt::format("{:06}", county); }

std::optional<County> CountyOfId(std::string_view text) {
  if (text.size() < 6) return std::nullopt;
  County county = 0;
  for (char c : text.substr(0, 6)) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    county = county * 10 + static_cast<County>(c - '0');
  }
  if (county == 0) return std::nullopt;
  return county;
}

std::optional<County> CountyOfCode(std::string_view code) {
  return code.size() == 6 ? CountyOfId(code) : std::nullopt;
}

}  // namespace sanyuan
