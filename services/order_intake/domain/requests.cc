#include "services/order_intake/domain/requests.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "services/order_intake/domain/decision.h"

namespace sanyuan::order_intake {
namespace {

constexpr size_t kLongestText = 40;
constexpr size_t kLongestDevice = 64;
constexpr int kMostRoutes = 500;
constexpr uint32_t kMostOccurrences = 31;
constexpr uint32_t kMostSequence = 99;

bool IsPrintable(const std::string& text, size_t longest) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isprint(static_cast<unsigned char>(c));
         });
}

void CheckCounty(const std::string& county_code, Refusals& refusals) {
  if (!ParseCounty(county_code)) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "county_code");
}

void CheckLicence(const std::string& licence, Refusals& refusals) {
  if (!Code::IsValid(licence)) Refuse(refusals, common::v1::REASON_LICENCE_FORMAT, "licence");
}

void CheckDevice(const std::string& device, Refusals& refusals) {
  if (!IsPrintable(device, kLongestDevice)) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "device_id");
}

// Ids name their county, and it must be the one that the request was routed by.
void CheckWindowId(const std::string& id, const std::string& county_code, Refusals& refusals) {
  const auto parsed = WindowId::Parse(id);
  if (!parsed || CountyText(parsed->county) != county_code) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "window_id");
  }
}

void CheckOrderId(const std::string& id, const std::string& county_code, Refusals& refusals) {
  const auto parsed = OrderId::Parse(id);
  if (!parsed || CountyText(parsed->county) != county_code) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "order_id");
  }
}

void CheckQuantity(int64_t value, int64_t limit, int index, const char* name, Refusals& refusals) {
  if (value < 0 || value > limit) {
    RefuseOver(refusals, common::v1::REASON_QUANTITY_RANGE, LineField(index, name), limit, value);
  }
}

// False when the lines are so many that they are not looked at one by one.
template <typename Lines>
bool CheckLineCount(const Lines& lines, Refusals& refusals) {
  if (lines.empty()) Refuse(refusals, common::v1::REASON_NO_LINES, "lines");
  if (lines.size() <= kMostLines) return true;
  RefuseOver(refusals, common::v1::REASON_TOO_MANY_LINES, "lines", kMostLines, lines.size());
  return false;
}

void CheckLines(const google::protobuf::RepeatedPtrField<v1::RequestedLine>& lines, Refusals& refusals) {
  if (!CheckLineCount(lines, refusals)) return;
  for (int i = 0; i < lines.size(); ++i) {
    const v1::RequestedLine& line = lines[i];
    if (!Code::IsValid(line.sku())) Refuse(refusals, common::v1::REASON_SKU_FORMAT, LineField(i, "sku"));
    CheckQuantity(line.requested_cartons(), kMostLineCartons, i, "requested_cartons", refusals);
    if (line.has_demand_cartons()) {
      CheckQuantity(line.demand_cartons(), kMostDemandCartons, i, "demand_cartons", refusals);
    }
  }
}

}  // namespace

Refusals Validate(const v1::ScheduleWindowRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  const auto invalid = [&refusals](const char* field) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, field);
  };
  if (!ParseDay(request.order_day())) invalid("order_day");
  if (request.sequence() < 1 || request.sequence() > kMostSequence) invalid("sequence");
  if (request.occurrences() < 1 || request.occurrences() > kMostOccurrences) invalid("occurrences");
  if (request.occurrence() < 1 || request.occurrence() > request.occurrences()) invalid("occurrence");
  const auto opens_at = FromTimestamp(request.opens_at());
  const auto cut_off = FromTimestamp(request.cut_off());
  if (!request.has_opens_at() || !opens_at) invalid("opens_at");
  if (!request.has_cut_off() || !cut_off || (opens_at && *cut_off <= *opens_at)) invalid("cut_off");
  if (request.route_ids_size() > kMostRoutes) {
    RefuseOver(refusals, common::v1::REASON_TOO_LARGE, "route_ids", kMostRoutes, request.route_ids_size());
  } else if (!std::all_of(request.route_ids().begin(), request.route_ids().end(),
                          [](const std::string& route) { return Code::IsValid(route); })) {
    invalid("route_ids");
  }
  return refusals;
}

Refusals Validate(const v1::SubmitOrderRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  CheckLicence(request.licence(), refusals);
  CheckWindowId(request.window_id(), request.county_code(), refusals);
  CheckLines(request.lines(), refusals);
  if (!v1::OrderChannel_IsValid(request.channel())) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "channel");
  }
  CheckDevice(request.device_id(), refusals);
  if (!IsPrintable(request.reference(), kLongestText)) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "reference");
  }
  return refusals;
}

Refusals Validate(const v1::AmendOrderRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  CheckOrderId(request.order_id(), request.county_code(), refusals);
  CheckLines(request.lines(), refusals);
  CheckDevice(request.device_id(), refusals);
  return refusals;
}

Refusals Validate(const v1::CancelOrderRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  CheckOrderId(request.order_id(), request.county_code(), refusals);
  CheckDevice(request.device_id(), refusals);
  return refusals;
}

Refusals Validate(const v1::ReportDemandRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  CheckLicence(request.licence(), refusals);
  CheckWindowId(request.window_id(), request.county_code(), refusals);
  CheckDevice(request.device_id(), refusals);
  if (!CheckLineCount(request.lines(), refusals)) return refusals;
  std::vector<std::pair<std::string_view, int>> by_sku;
  by_sku.reserve(static_cast<size_t>(request.lines_size()));
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::DemandLine& line = request.lines(i);
    if (!Code::IsValid(line.sku())) Refuse(refusals, common::v1::REASON_SKU_FORMAT, LineField(i, "sku"));
    CheckQuantity(line.demand_cartons(), kMostDemandCartons, i, "demand_cartons", refusals);
    by_sku.emplace_back(line.sku(), i);
  }
  std::sort(by_sku.begin(), by_sku.end());
  for (size_t i = 1; i < by_sku.size(); ++i) {
    if (by_sku[i].first == by_sku[i - 1].first) {
      Refuse(refusals, common::v1::REASON_INVALID_FIELD, LineField(by_sku[i].second, "sku"),
             "more than once");
    }
  }
  return refusals;
}

Refusals Validate(const v1::RecordPaymentRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  CheckOrderId(request.order_id(), request.county_code(), refusals);
  if (request.debit_number() < 1) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "debit_number");
  if (request.result() != v1::PAYMENT_RESULT_PAID && request.result() != v1::PAYMENT_RESULT_FAILED) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "result");
  }
  if (request.amount_fen() < 0) Refuse(refusals, common::v1::REASON_INVALID_FIELD, "amount_fen");
  if (request.bank_reference().empty() || !IsPrintable(request.bank_reference(), kLongestText)) {
    Refuse(refusals, common::v1::REASON_INVALID_FIELD, "bank_reference");
  }
  return refusals;
}

}  // namespace sanyuan::order_intake
