#include "services/allocation/domain/decide.h"

#include <fmt/format.h>

namespace sanyuan::allocation {
namespace {

constexpr size_t kMaxIdLength = 64;
constexpr size_t kMaxNoteLength = 500;
constexpr int64_t kLastSecond = 253402300799;  // The end of the year 9999.
constexpr int32_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

common::v1::Refusal& Refuse(Refusals& refusals, Reason reason, std::string field, std::string detail) {
  common::v1::Refusal& refusal = refusals.emplace_back();
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::move(detail));
  return refusal;
}

common::v1::Refusal& Refuse(Refusals& refusals, Reason reason, std::string field, int64_t limit,
                            int64_t value) {
  common::v1::Refusal& refusal = Refuse(refusals, reason, std::move(field));
  refusal.set_limit(limit);
  refusal.set_value(value);
  return refusal;
}

bool InRange(Refusals& refusals, const std::string& field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return true;
  Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, value < low ? low : high, value);
  return false;
}

v1::Event& AddEvent(std::vector<partition::EventPtr>& events) {
  auto event = std::make_unique<v1::Event>();
  v1::Event& out = *event;
  events.push_back(std::move(event));
  return out;
}

std::optional<County> CountyField(Refusals& refusals, const std::string& county_code) {
  const auto county = county_code.size() == 6 ? CountyOfId(county_code) : std::nullopt;
  if (!county) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "county_code", "six digits");
  return county;
}

std::optional<Code> LicenceField(Refusals& refusals, const std::string& field, const std::string& licence) {
  auto code = Code::Parse(licence);
  if (!code) Refuse(refusals, common::v1::REASON_LICENCE_FORMAT, field);
  return code;
}

std::optional<Code> SkuField(Refusals& refusals, const std::string& field, const std::string& sku) {
  auto code = Code::Parse(sku);
  if (!code) Refuse(refusals, common::v1::REASON_SKU_FORMAT, field);
  return code;
}

std::optional<MonthIndex> MonthField(Refusals& refusals, const std::string& field, const std::string& month) {
  const auto parsed = ParseMonth(month);
  if (!parsed) Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "YYYY-MM");
  return parsed;
}

std::optional<WindowKey> WindowField(Refusals& refusals, const std::string& field,
                                     const std::string& window_id, std::optional<County> county) {
  auto window = ParseWindow(window_id);
  if (!window) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "<county>-<YYYYMMDD>-<number>");
  } else if (county && window->county != *county) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "of another county");
    window.reset();
  }
  return window;
}

bool IdField(Refusals& refusals, const std::string& field, const std::string& id,
             std::optional<County> county) {
  const auto own = CountyOfId(id);
  if (id.size() <= kMaxIdLength && own && (!county || *own == *county)) return true;
  Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, "an id of this county");
  return false;
}

bool NoteField(Refusals& refusals, const std::string& field, const std::string& note, bool required) {
  if (note.size() <= kMaxNoteLength && (!required || !note.empty())) return true;
  Refuse(refusals, common::v1::REASON_INVALID_FIELD, field, static_cast<int64_t>(kMaxNoteLength),
         static_cast<int64_t>(note.size()));
  return false;
}

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1'000));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / 1'000);
}

std::optional<absl::Time> CheckedTime(const google::protobuf::Timestamp& time) {
  if (time.seconds() < 0 || time.seconds() > kLastSecond || time.nanos() < 0 ||
      time.nanos() >= kNanosecondsPerSecond) {
    return std::nullopt;
  }
  return TimeOf(time);
}

absl::Status Misfit(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

}  // namespace sanyuan::allocation
