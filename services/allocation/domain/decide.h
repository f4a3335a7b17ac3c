// Small helpers that every decider of allocation uses: refusals, events, fields that are checked alike.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_DECIDE_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_DECIDE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/partition/domain.h"
#include "google/protobuf/timestamp.pb.h"
#include "sanyuan/allocation/v1/event.pb.h"
#include "services/allocation/domain/calendar.h"

namespace sanyuan::allocation {

using common::v1::Reason;
using partition::Outcome;
using partition::Refusals;
using partition::Stamp;

common::v1::Refusal& Refuse(Refusals& refusals, Reason reason, std::string field, std::string detail = "");
// With the limit that was met and the value that met it.
common::v1::Refusal& Refuse(Refusals& refusals, Reason reason, std::string field, int64_t limit,
                            int64_t value);
// INVALID_FIELD unless low <= value <= high; `limit` is the bound that was passed.
bool InRange(Refusals& refusals, const std::string& field, int64_t value, int64_t low, int64_t high);

v1::Event& AddEvent(std::vector<partition::EventPtr>& events);
inline v1::Event& AddEvent(Outcome& outcome) { return AddEvent(outcome.events); }

// Nothing and a refusal when the field is not well formed.
std::optional<County> CountyField(Refusals& refusals, const std::string& county_code);
std::optional<Code> LicenceField(Refusals& refusals, const std::string& field, const std::string& licence);
std::optional<Code> SkuField(Refusals& refusals, const std::string& field, const std::string& sku);
std::optional<MonthIndex> MonthField(Refusals& refusals, const std::string& field, const std::string& month);
// Also refuses a window of another county.
std::optional<WindowKey> WindowField(Refusals& refusals, const std::string& field,
                                     const std::string& window_id, std::optional<County> county);
// An id that begins with the county's code.
bool IdField(Refusals& refusals, const std::string& field, const std::string& id,
             std::optional<County> county);
bool NoteField(Refusals& refusals, const std::string& field, const std::string& note, bool required);

void SetTime(absl::Time time, google::protobuf::Timestamp* out);
absl::Time TimeOf(const google::protobuf::Timestamp& time);
// nullopt unless it lies in the years 1970 to 9999 and is well formed.
std::optional<absl::Time> CheckedTime(const google::protobuf::Timestamp& time);

template <typename Response>
Response& Respond(Outcome& outcome) {
  auto response = std::make_unique<Response>();
  Response& out = *response;
  outcome.response = std::move(response);
  return out;
}

// What Evolve answers to an event that can't be: the journal then holds what this version does not understand.
absl::Status Misfit(std::string_view what);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_DECIDE_H_
