#include "services/registry/domain/retailer.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "common/clock/business_time.h"
#include "common/reference/formats.h"
#include "common/reference/wire_time.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;

constexpr int kMaxStop = 9999;
constexpr int kMaxLatitudeE6 = 90'000'000;
constexpr int kMaxLongitudeE6 = 180'000'000;
constexpr size_t kMaxCardLength = 32;
constexpr size_t kMaxReceiverIdLength = 20;
constexpr size_t kMaxVersionLength = 40;
constexpr int kMaxReceivers = 2;

bool IsPrintable(const std::string& text, size_t max) {
  return text.size() <= max && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isgraph(static_cast<unsigned char>(c));
         });
}

// Enums arrive open: a number that this version does not know is no value.
template <typename Enum>
void CheckEnum(Enum value, bool (*is_valid)(int), const std::string& field, Refusals& refusals) {
  if (!is_valid(value)) Refuse(refusals, REASON_INVALID_FIELD, field);
}

void CheckPlace(int32_t latitude_e6, int32_t longitude_e6, const std::string& path, Refusals& refusals) {
  CheckRange(latitude_e6, -kMaxLatitudeE6, kMaxLatitudeE6, path + ".latitude_e6", refusals);
  CheckRange(longitude_e6, -kMaxLongitudeE6, kMaxLongitudeE6, path + ".longitude_e6", refusals);
}

void CheckPosition(const State& state, County county, const v1::MeasuredPosition& position,
                   const std::string& path, Refusals& refusals) {
  CheckPlace(position.latitude_e6(), position.longitude_e6(), path, refusals);
  CheckRange(position.accuracy_metres(), 0, 100'000, path + ".accuracy_metres", refusals);
  CheckRange(position.visits(), 0, 10'000, path + ".visits", refusals);
  const std::optional<LocalKey> key = KeyOf(county, position.measured_by());
  if (!key || !state.staff.Contains(*key)) {
    Refuse(refusals, common::v1::REASON_STAFF_UNKNOWN, path + ".measured_by", position.measured_by());
  }
  if (!position.has_measured_at() || !reference::IsWireTime(position.measured_at())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".measured_at");
  }
}

void CheckReceivers(const State& state, County county, const std::string& licence, const v1::Profile& profile,
                    const std::string& path, const Stamp& stamp, Refusals& refusals) {
  const v1::DeliveryPolicy* delivery = state.policies.Delivery(county, stamp.decided_at);
  const int limit = delivery != nullptr ? delivery->max_authorised_receivers() : kMaxReceivers;
  CheckRange(profile.authorised_receivers_size(), 0, limit, path + ".authorised_receivers", refusals);
  std::set<std::string> ids;
  for (int i = 0; i < profile.authorised_receivers_size(); ++i) {
    // The id carries the licence, so that it is one person's in the whole county.
    const std::string& id = profile.authorised_receivers(i).receiver_id();
    if (id.size() <= licence.size() + 1 || id.compare(0, licence.size() + 1, licence + "-") != 0 ||
        !IsPrintable(id, kMaxReceiverIdLength) || !ids.insert(id).second) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.authorised_receivers[{}].receiver_id", path, i),
             id);
    }
  }
}

// What a registration may leave open.
v1::Retailer Completed(v1::Retailer retailer, const std::string& county_code,
                       const std::optional<v1::Retailer>& standing, const Stamp& stamp) {
  retailer.set_county_code(county_code);
  // Messages that are always there, so that equal retailers are equal messages.
  retailer.mutable_licence_record();
  retailer.mutable_profile();
  retailer.mutable_grading();
  v1::Supervision& supervision = *retailer.mutable_supervision();
  if (supervision.mode() == v1::SUPERVISION_MODE_UNSPECIFIED) {
    supervision.set_mode(supervision.large() ? v1::SUPERVISION_MODE_INSPECTOR_KEY
                                             : v1::SUPERVISION_MODE_AM_CO_MANAGED);
  }
  if (retailer.joined_on().empty()) {
    retailer.set_joined_on(standing ? standing->joined_on() : DateText(BusinessDate(stamp.decided_at)));
  }
  return retailer;
}

absl::Status Put(State& state, const v1::Retailer& retailer) {
  const std::optional<County> county = CountyOfId(retailer.county_code());
  const std::optional<LocalKey> key = county ? KeyOf(*county, retailer.licence()) : std::nullopt;
  if (!key) return absl::InvalidArgumentError("a retailer without county or licence");
  if (retailer.profile().has_position() &&
      !reference::IsWireTime(retailer.profile().position().measured_at())) {
    return absl::InvalidArgumentError("a position without a time");
  }
  state.retailers.Put(*key, RetailerRowOf(retailer));
  if (retailer.forgotten()) {
    state.retailers_private.Erase(*key);
  } else {
    state.retailers_private.Put(*key, RetailerPrivateRowOf(retailer));
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<v1::Retailer> StandingRetailer(const State& state, County county, const std::string& licence) {
  const std::optional<LocalKey> key = KeyOf(county, licence);
  const RetailerRow* row = key ? state.retailers.Find(*key) : nullptr;
  if (row == nullptr) return std::nullopt;
  return RetailerOf(county, licence, *row, state.retailers_private.Find(*key));
}

void CheckLicenceRecord(const v1::LicenceRecord& record, const std::string& path, Refusals& refusals) {
  if (record.status() == v1::LICENCE_STATUS_UNSPECIFIED) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".status");
  }
  CheckEnum(record.status(), v1::LicenceStatus_IsValid, path + ".status", refusals);
  CheckPeriod(record.valid_from(), record.valid_to(), path, refusals);
  CheckLength(record.company(), kMaxNameLength, path + ".company", refusals);
  CheckLength(record.business_scope(), kMaxNameLength, path + ".business_scope", refusals);
  CheckSealed(record, path, refusals);
}

void CheckProfile(const State& state, County county, const std::string& licence, const v1::Profile& profile,
                  const std::string& path, const Stamp& stamp, Refusals& refusals) {
  CheckEnum(profile.market_type(), v1::MarketType_IsValid, path + ".market_type", refusals);
  CheckEnum(profile.format(), v1::BusinessFormat_IsValid, path + ".format", refusals);
  CheckEnum(profile.circle(), v1::BusinessCircle_IsValid, path + ".circle", refusals);
  if (!profile.route_id().empty()) {
    const std::optional<LocalKey> key = KeyOf(county, profile.route_id());
    const RouteRow* route = key ? state.routes.Find(*key) : nullptr;
    if (route == nullptr || !route->active) {
      Refuse(refusals, common::v1::REASON_ROUTE_UNKNOWN, path + ".route_id", profile.route_id());
    }
  }
  CheckRange(profile.stop_number(), 0, kMaxStop, path + ".stop_number", refusals);
  CheckRange(profile.promised_minute_of_day(), 0, kLastMinute, path + ".promised_minute_of_day", refusals);
  if (!profile.am_staff_id().empty()) {
    const std::optional<LocalKey> key = KeyOf(county, profile.am_staff_id());
    const StaffRow* am = key ? state.staff.Find(*key) : nullptr;
    if (am == nullptr || !am->active) {
      Refuse(refusals, common::v1::REASON_STAFF_UNKNOWN, path + ".am_staff_id", profile.am_staff_id());
    } else if (am->role != common::v1::ROLE_ACCOUNT_MANAGER) {
      Refuse(refusals, common::v1::REASON_ROLE_WRONG, path + ".am_staff_id", profile.am_staff_id());
    }
  }
  if (profile.has_position()) CheckPosition(state, county, profile.position(), path + ".position", refusals);
  if (!IsPrintable(profile.card_id(), kMaxCardLength))
    Refuse(refusals, REASON_INVALID_FIELD, path + ".card_id");
  CheckReceivers(state, county, licence, profile, path, stamp, refusals);
  if (profile.has_pickup_agreement()) {
    const v1::PickupAgreement& pickup = profile.pickup_agreement();
    const std::string item = path + ".pickup_agreement";
    if (pickup.agreement_id().empty() || !IsPrintable(pickup.agreement_id(), kMaxCardLength)) {
      Refuse(refusals, REASON_INVALID_FIELD, item + ".agreement_id");
    }
    CheckPlace(pickup.latitude_e6(), pickup.longitude_e6(), item, refusals);
    CheckPeriod(pickup.valid_from(), pickup.valid_to(), item, refusals);
  }
  CheckSealed(profile, path, refusals);
}

void CheckGrading(const v1::Grading& grading, const std::string& path, Refusals& refusals) {
  CheckRange(grading.grade(), 0, 30, path + ".grade", refusals);
  CheckCode(grading.class_code(), true, path + ".class_code", refusals);
  CheckEnum(grading.scale(), v1::BusinessScale_IsValid, path + ".scale", refusals);
  if (!IsPrintable(grading.version(), kMaxVersionLength))
    Refuse(refusals, REASON_INVALID_FIELD, path + ".version");
}

void CheckSupervision(const v1::Supervision& supervision, const std::string& path, Refusals& refusals) {
  CheckEnum(supervision.mode(), v1::SupervisionMode_IsValid, path + ".mode", refusals);
  CheckLength(supervision.reason(), kMaxReasonLength, path + ".reason", refusals);
  if (supervision.large() && supervision.mode() == v1::SUPERVISION_MODE_AM_CO_MANAGED) {
    Refuse(refusals, common::v1::REASON_WRONG_STATE, path + ".mode", "large");
  }
}

void CheckCannotOrder(const v1::CannotOrder& entry, const std::string& path, Refusals& refusals) {
  if (entry.reason() == v1::CANNOT_ORDER_REASON_UNSPECIFIED ||
      !v1::CannotOrderReason_IsValid(entry.reason())) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".reason");
  }
  CheckDate(entry.until(), false, path + ".until", refusals);
}

Outcome DecideRegisterRetailers(const State& state, const v1::RegisterRetailersRequest& request,
                                const Stamp& stamp) {
  Outcome outcome;
  CheckBatchSize(request.retailers_size(), "retailers", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (outcome.refused()) return outcome;
  const v1::FormatPolicy* format = state.policies.Format(*county, stamp.decided_at);
  if (format == nullptr) {
    outcome.not_ready = fmt::format("no format policy is in force for county {}", request.county_code());
    return outcome;
  }
  std::vector<v1::Retailer> retailers;
  for (const v1::Retailer& item : request.retailers()) {
    retailers.push_back(Completed(item,
                                  item.county_code().empty() ? request.county_code() : item.county_code(),
                                  StandingRetailer(state, *county, item.licence()), stamp));
  }
  auto response = std::make_unique<v1::RegisterRetailersResponse>();
  JudgeBatch<v1::Retailer>(
      retailers, "retailers", *response->mutable_result(),
      [](const v1::Retailer& item) { return item.licence(); },
      [&](const v1::Retailer& item) { return StandingRetailer(state, *county, item.licence()); },
      [&](const v1::Retailer& item, const std::string& path, Refusals& refusals) {
        if (item.county_code() != request.county_code()) {
          Refuse(refusals, REASON_INVALID_FIELD, path + ".county_code", item.county_code());
        }
        if (!reference::FitsLicence(item.licence(), *format, *county)) {
          Refuse(refusals, common::v1::REASON_LICENCE_FORMAT, path + ".licence", item.licence());
        }
        if (const auto key = KeyOf(*county, item.licence()); key && state.staff.Contains(*key)) {
          Refuse(refusals, common::v1::REASON_ALREADY_EXISTS, path + ".licence", "a staff id");
        }
        CheckLicenceRecord(item.licence_record(), path + ".licence_record", refusals);
        CheckProfile(state, *county, item.licence(), item.profile(), path + ".profile", stamp, refusals);
        CheckGrading(item.grading(), path + ".grading", refusals);
        CheckSupervision(item.supervision(), path + ".supervision", refusals);
        if (item.has_cannot_order()) CheckCannotOrder(item.cannot_order(), path + ".cannot_order", refusals);
        CheckDate(item.joined_on(), false, path + ".joined_on", refusals);
        if (item.forgotten()) Refuse(refusals, REASON_INVALID_FIELD, path + ".forgotten");
      },
      [&](const v1::Retailer& item) {
        auto event = std::make_unique<v1::Event>();
        *event->mutable_retailer_registered()->mutable_retailer() = item;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "retailers");
}

std::unique_ptr<v1::Event> RetailerChange(const v1::Retailer& before, const v1::Retailer& after) {
  std::vector<std::string> changed = reference::ChangedPaths(before, after);
  if (changed.empty()) return nullptr;
  auto event = std::make_unique<v1::Event>();
  *event->mutable_retailer_changed()->mutable_retailer() = after;
  for (std::string& path : changed) event->mutable_retailer_changed()->add_changed_fields(std::move(path));
  return event;
}

absl::Status Evolve(State& state, const v1::RetailerRegistered& event, const Stamp& /*stamp*/) {
  return Put(state, event.retailer());
}

absl::Status Evolve(State& state, const v1::RetailerChanged& event, const Stamp& /*stamp*/) {
  return Put(state, event.retailer());
}

}  // namespace sanyuan::registry
