// Short identifiers of the domain (licence numbers, SKU codes, staff, routes), kept inside the value: an
// order of a thousand lines needs no allocation for its SKUs. What a valid licence or SKU looks like is
// data of the registry; this type only bounds the length and keeps control characters out.
// A plain value, free of threads.
#ifndef SANYUAN_COMMON_STATE_CODE_H_
#define SANYUAN_COMMON_STATE_CODE_H_

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace sanyuan {

class Code {
 public:
  static constexpr size_t kMaxLength = 15;

  constexpr Code() = default;
  // REQUIRES: IsValid(text). For literals and for text that was validated before.
  explicit Code(std::string_view text);

  // 1 to 15 printable ASCII characters without space.
  static bool IsValid(std::string_view text);
  // nullopt when `text` is not valid.
  static std::optional<Code> Parse(std::string_view text);

  std::string_view view() const { return {chars_.data(), static_cast<size_t>(chars_[kMaxLength])}; }
  std::string str() const { return std::string(view()); }
  bool empty() const { return chars_[kMaxLength] == 0; }

  bool operator==(const Code& other) const { return chars_ == other.chars_; }
  std::strong_ordering operator<=>(const Code& other) const {
    return std::memcmp(chars_.data(), other.chars_.data(), chars_.size()) <=> 0;
  }
  template <typename H>
  friend H AbslHashValue(H h, const Code& code) {
    return H::combine_contiguous(std::move(h), code.chars_.data(), code.chars_.size());
  }

 private:
  std::array<char, kMaxLength + 1> chars_{};  // The last one holds the length.
};

// Six-digit code of a county (GB/T 2260 in China; other countries' codes are mapped to six digits by
// data). 0 stands for what belongs to no county: the reference journal.
using County = uint32_t;

// "620121". Always six digits.
std::string CountyText(County county);
// nullopt unless `text` starts with six digits that form a number from 1 to 999999. Every id of the domain
// starts with its county code, so this is also how a thing's county is found.
std::optional<County> CountyOfId(std::string_view text);
// The same of a county's code alone.
std::optional<County> CountyOfCode(std::string_view code);

}  // namespace sanyuan

#endif  // SANYUAN_COMMON_STATE_CODE_H_
