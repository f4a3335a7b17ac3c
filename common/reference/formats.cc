#include "common/reference/formats.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace sanyuan::reference {
namespace {

using registry::v1::CodeFormat;
using registry::v1::CodeSegment;
using registry::v1::FormatPolicy;

constexpr int32_t kCountyDigits = 6;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsAlphanumeric(char c) { return IsDigit(c) || absl::ascii_isupper(static_cast<unsigned char>(c)); }

// The shortest and the longest text of a segment; both 0 for a segment that is not sound.
std::pair<int32_t, int32_t> Lengths(const CodeSegment& segment) {
  switch (segment.kind()) {
    case CodeSegment::KIND_COUNTY:
      return {kCountyDigits, kCountyDigits};
    case CodeSegment::KIND_DIGITS:
    case CodeSegment::KIND_ALPHANUMERIC:
      return {segment.min_length(), segment.max_length()};
    case CodeSegment::KIND_ONE_OF: {
      if (segment.values().empty()) return {0, 0};
      const auto length = static_cast<int32_t>(segment.values(0).size());
      return {length, length};
    }
    default:
      return {0, 0};
  }
}

bool FitsSegment(std::string_view part, const CodeSegment& segment, County county) {
  switch (segment.kind()) {
    case CodeSegment::KIND_COUNTY:
      return county != 0 && part == CountyText(county);
    case CodeSegment::KIND_DIGITS:
      return std::all_of(part.begin(), part.end(), IsDigit);
    case CodeSegment::KIND_ALPHANUMERIC:
      return std::all_of(part.begin(), part.end(), IsAlphanumeric);
    case CodeSegment::KIND_ONE_OF:
      return std::find(segment.values().begin(), segment.values().end(), part) != segment.values().end();
    default:
      return false;
  }
}

bool IsSoundSegment(const CodeSegment& segment, bool is_last) {
  const auto [shortest, longest] = Lengths(segment);
  if (shortest < 1 || longest < shortest || (shortest != longest && !is_last)) return false;
  return std::all_of(
      segment.values().begin(), segment.values().end(), [length = shortest](const std::string& v) {
        return static_cast<int32_t>(v.size()) == length && std::all_of(v.begin(), v.end(), IsAlphanumeric);
      });
}

void CheckFormat(const CodeFormat& format, const std::string& path, Refusals& refusals) {
  int32_t longest = 0;
  if (format.segments().empty()) Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".segments");
  for (int i = 0; i < format.segments_size(); ++i) {
    if (!IsSoundSegment(format.segments(i), i + 1 == format.segments_size())) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, fmt::format("{}.segments[{}]", path, i));
    }
    // A hostile length must not overflow the sum.
    longest += std::clamp(Lengths(format.segments(i)).second, 0, 100);
  }
  if (longest > static_cast<int32_t>(Code::kMaxLength)) {
    common::v1::Refusal& refusal = Refuse(refusals, common::v1::REASON_INVALID_FIELD, path);
    refusal.set_limit(Code::kMaxLength);
    refusal.set_value(longest);
  }
}

}  // namespace

bool Fits(std::string_view text, const CodeFormat& format, County county) {
  if (!Code::IsValid(text) || format.segments().empty()) return false;
  for (int i = 0; i < format.segments_size(); ++i) {
    const auto [shortest, longest] = Lengths(format.segments(i));
    const bool is_last = i + 1 == format.segments_size();
    const auto length = is_last ? text.size() : static_cast<size_t>(std::max(shortest, 0));
    if (length > text.size() || static_cast<int64_t>(length) < shortest ||
        static_cast<int64_t>(length) > longest || length == 0) {
      return false;
    }
    if (!FitsSegment(text.substr(0, length), format.segments(i), county)) return false;
    text.remove_prefix(length);
  }
  return text.empty();
}

bool FitsLicence(std::string_view text, const FormatPolicy& policy, County county) {
  return std::any_of(policy.licence_formats().begin(), policy.licence_formats().end(),
                     [&](const CodeFormat& format) { return Fits(text, format, county); });
}

bool FitsSku(std::string_view text, const FormatPolicy& policy) {
  return std::any_of(policy.sku_formats().begin(), policy.sku_formats().end(),
                     [&](const CodeFormat& format) { return Fits(text, format, 0); });
}

void CheckFormats(const FormatPolicy& policy, const std::string& path, Refusals& refusals) {
  if (policy.licence_formats().empty()) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".licence_formats");
  }
  if (policy.sku_formats().empty()) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".sku_formats");
  }
  for (int i = 0; i < policy.licence_formats_size(); ++i) {
    CheckFormat(policy.licence_formats(i), fmt::format("{}.licence_formats[{}]", path, i), refusals);
  }
  for (int i = 0; i < policy.sku_formats_size(); ++i) {
    CheckFormat(policy.sku_formats(i), fmt::format("{}.sku_formats[{}]", path, i), refusals);
  }
}

}  // namespace sanyuan::reference
