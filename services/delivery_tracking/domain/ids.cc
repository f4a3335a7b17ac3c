#include "services/delivery_tracking/domain/ids.h"

#include <fmt/format.h>

namespace sanyuan::delivery_tracking {
namespace {

// Splits "head-123" at its last dash; nullopt unless the number is positive, of at most six digits.
std::optional<int32_t> CutNumber(std::string_view& text) {
  const size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(dash + 1);
  if (digits.empty() || digits.size() > 6) return std::nullopt;
  int32_t number = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text = text.substr(0, dash);
  return number > 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string IdText(const RunKey& run) {
  return fmt::format("{}-{}-{}-{}", CountyText(run.county), CompactDateText(run.date), run.route.view(),
                     run.number);
}

std::string IdText(const StopKey& stop) { return fmt::format("{}-{:04}", IdText(stop.run()), stop.number); }

std::optional<RunKey> ParseRunId(std::string_view text) {
  const std::string_view whole = text;
  const auto county = CountyOfId(text);
  const auto number = CutNumber(text);
  if (!county || !number || text.size() < 17 || text[6] != '-' || text[15] != '-') return std::nullopt;
  const auto date = ParseCompactDate(text.substr(7, 8));
  const auto route = Code::Parse(text.substr(16));
  if (!date || !route) return std::nullopt;
  const RunKey key{*county, *date, *route, *number};
  // Leading zeros would give one thing several names.
  return IdText(key) == whole ? std::optional(key) : std::nullopt;
}

std::optional<StopKey> ParseStopId(std::string_view text) {
  const std::string_view whole = text;
  const auto number = CutNumber(text);
  if (!number) return std::nullopt;
  const auto run = ParseRunId(text);
  if (!run) return std::nullopt;
  const StopKey key = StopOf(*run, *number);
  return IdText(key) == whole ? std::optional(key) : std::nullopt;
}

std::optional<RunKey> ParseRunId(County county, std::string_view text) {
  const auto key = ParseRunId(text);
  return key && key->county == county ? key : std::nullopt;
}

std::optional<StopKey> ParseStopId(County county, std::string_view text) {
  const auto key = ParseStopId(text);
  return key && key->county == county ? key : std::nullopt;
}

}  // namespace sanyuan::delivery_tracking
