#include "services/allocation/queries.h"

#include "common/view/keys.h"
#include "services/allocation/domain/decide.h"
#include "services/allocation/query_support.h"
#include "services/allocation/view.h"

namespace sanyuan::allocation {
namespace {

// The newest row of a list of versions, or the newest that counts at `at`.
template <typename Message>
absl::StatusOr<Message> VersionAt(const ViewReader& view, const std::string& kind, County county,
                                  const google::protobuf::Timestamp* at) {
  constexpr size_t kVersions = 100'000;
  const auto rows = view.Scan(view::Prefix({kind, CountyText(county)}), "", kVersions);
  if (!rows.ok()) return rows.status();
  for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
    absl::StatusOr<Message> message = ParseRow<Message>(row->second);
    if (!message.ok()) return message.status();
    if (at == nullptr || TimeOf(message->effective_from()) <= TimeOf(*at)) return message;
  }
  return NotThere(kind == "tight" ? "tight list" : "ration table");
}

}  // namespace

absl::StatusOr<v1::GetAgreementResponse> GetAgreement(const ViewReader& view, const partition::Actor& caller,
                                                      const v1::GetAgreementRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  auto agreement = ReadRow<v1::Agreement>(view, AgreementRow(*county, request.agreement_id()), "agreement");
  if (!agreement.ok()) return agreement.status();
  if (const absl::Status own = CheckOwnLicence(caller, agreement->licence()); !own.ok()) return own;
  v1::GetAgreementResponse response;
  *response.mutable_agreement() = *std::move(agreement);
  return response;
}

absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(const ViewReader& view,
                                                          const partition::Actor& caller,
                                                          const v1::ListAgreementsRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const bool of_licence = !request.licence().empty() || caller.role == common::v1::ROLE_RETAILER;
  if (of_licence) {
    if (const absl::Status own = CheckOwnLicence(caller, request.licence()); !own.ok()) return own;
  }
  const std::string prefix = of_licence
                                 ? view::Prefix({"agreement_of", request.county_code(), request.licence()})
                                 : view::Prefix({"agreement", request.county_code()});
  const auto page = ReadPage(view, prefix, request.page_token(), request.page_size());
  if (!page.ok()) return page.status();
  v1::ListAgreementsResponse response;
  for (const auto& [key, value] : page->rows) {
    auto agreement = of_licence ? ReadRow<v1::Agreement>(
                                      view, AgreementRow(*county, key.substr(prefix.size())), "agreement")
                                : ParseRow<v1::Agreement>(value);
    if (!agreement.ok()) return agreement.status();
    if (request.state() != v1::AGREEMENT_STATE_UNSPECIFIED && agreement->state() != request.state()) continue;
    *response.add_agreements() = *std::move(agreement);
  }
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::GetAllowanceResponse> GetAllowance(const ViewReader& view, const partition::Actor& caller,
                                                      const v1::GetAllowanceRequest& request) {
  constexpr size_t kAdjustments = 10'000;
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto month = MonthOfRequest(request.month());
  if (!month.ok()) return month.status();
  if (const absl::Status own = CheckOwnLicence(caller, request.licence()); !own.ok()) return own;
  auto allowance =
      ReadRow<v1::Allowance>(view, AllowanceRow(*county, *month, request.licence()), "allowance");
  if (!allowance.ok()) return allowance.status();
  const auto rows = view.Scan(view::Prefix({"adjustment", request.county_code(), *month, request.licence()}),
                              "", kAdjustments);
  if (!rows.ok()) return rows.status();
  for (const auto& [key, value] : *rows) {
    auto adjustment = ParseRow<v1::Adjustment>(value);
    if (!adjustment.ok()) return adjustment.status();
    *allowance->add_adjustments() = *std::move(adjustment);
  }
  v1::GetAllowanceResponse response;
  *response.mutable_allowance() = *std::move(allowance);
  return response;
}

absl::StatusOr<v1::GetMonthResponse> GetMonth(const ViewReader& view, const partition::Actor& /*caller*/,
                                              const v1::GetMonthRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto month = MonthOfRequest(request.month());
  if (!month.ok()) return month.status();
  auto row = ReadRow<v1::Month>(view, MonthRow(*county, *month), "month");
  if (!row.ok()) return row.status();
  v1::GetMonthResponse response;
  *response.mutable_month() = *std::move(row);
  return response;
}

absl::StatusOr<v1::ListTightSkusResponse> ListTightSkus(const ViewReader& view,
                                                        const partition::Actor& /*caller*/,
                                                        const v1::ListTightSkusRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  auto list = VersionAt<v1::TightList>(view, "tight", *county, request.has_at() ? &request.at() : nullptr);
  if (!list.ok()) return list.status();
  v1::ListTightSkusResponse response;
  *response.mutable_tight_list() = *std::move(list);
  return response;
}

absl::StatusOr<v1::ListRationsResponse> ListRations(const ViewReader& view,
                                                    const partition::Actor& /*caller*/,
                                                    const v1::ListRationsRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  auto table =
      VersionAt<v1::RationTable>(view, "ration", *county, request.has_at() ? &request.at() : nullptr);
  if (!table.ok()) return table.status();
  v1::ListRationsResponse response;
  v1::RationTable& out = *response.mutable_ration_table();
  out = *std::move(table);
  if (request.ration_class().empty()) return response;
  google::protobuf::RepeatedPtrField<v1::Ration> kept;
  for (const v1::Ration& ration : out.rations()) {
    if (ration.ration_class() == request.ration_class()) *kept.Add() = ration;
  }
  out.mutable_rations()->Swap(&kept);
  return response;
}

absl::StatusOr<v1::GetSupplyResponse> GetSupply(const ViewReader& view, const partition::Actor& /*caller*/,
                                                const v1::GetSupplyRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto month = MonthOfRequest(request.month());
  if (!month.ok()) return month.status();
  v1::GetSupplyResponse response;
  if (!request.sku().empty()) {
    auto supply = ReadRow<v1::Supply>(view, SupplyRow(*county, *month, request.sku()), "supply");
    if (!supply.ok()) return supply.status();
    *response.add_supplies() = *std::move(supply);
    return response;
  }
  const auto page = ReadPage(view, view::Prefix({"supply", request.county_code(), *month}),
                             request.page_token(), request.page_size());
  if (!page.ok()) return page.status();
  for (const auto& [key, value] : page->rows) {
    auto supply = ParseRow<v1::Supply>(value);
    if (!supply.ok()) return supply.status();
    *response.add_supplies() = *std::move(supply);
  }
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::ListWindowSupplyResponse> ListWindowSupply(const ViewReader& view,
                                                              const partition::Actor& /*caller*/,
                                                              const v1::ListWindowSupplyRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto window = WindowOfRequest(request.window_id(), *county);
  if (!window.ok()) return window.status();
  const auto page =
      ReadPage(view, view::Prefix({"window_supply", request.county_code(), request.window_id()}),
               request.page_token(), request.page_size());
  if (!page.ok()) return page.status();
  const auto release = ReadRow<v1::SupplyReleased>(view, WindowRow("release", *window), "release");
  v1::ListWindowSupplyResponse response;
  for (const auto& [key, value] : page->rows) {
    auto supply = ParseRow<v1::WindowSupply>(value);
    if (!supply.ok()) return supply.status();
    if (release.ok()) supply->set_mode(release->mode());
    *response.add_supplies() = *std::move(supply);
  }
  response.set_next_page_token(page->next_token);
  return response;
}

absl::StatusOr<v1::GetTieKeyResponse> GetTieKey(const ViewReader& view, const partition::Actor& /*caller*/,
                                                const v1::GetTieKeyRequest& request) {
  const auto county = CountyOfRequest(request.county_code());
  if (!county.ok()) return county.status();
  const auto window = WindowOfRequest(request.window_id(), *county);
  if (!window.ok()) return window.status();
  auto tie_key = ReadRow<v1::TieKeySecret>(view, WindowRow("tie_key", *window), "lottery");
  if (!tie_key.ok()) return tie_key.status();
  v1::GetTieKeyResponse response;
  *response.mutable_tie_key() = *std::move(tie_key);
  return response;
}

namespace {

template <typename Request, typename Response>
view::QueryFn Answer(absl::StatusOr<Response> (*query)(const ViewReader&, const partition::Actor&,
                                                       const Request&)) {
  return [query](const ViewReader& view, const partition::Actor& caller,
                 const google::protobuf::Message& request)
             -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    absl::StatusOr<Response> response = query(view, caller, static_cast<const Request&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<Response>(*std::move(response));
  };
}

}  // namespace

const view::Queries& AllocationQueries() {
  static const auto& queries = *new view::Queries{
      {"/sanyuan.allocation.v1.AgreementService/GetAgreement", Answer(GetAgreement)},
      {"/sanyuan.allocation.v1.AgreementService/ListAgreements", Answer(ListAgreements)},
      {"/sanyuan.allocation.v1.AllowanceService/GetAllowance", Answer(GetAllowance)},
      {"/sanyuan.allocation.v1.AllowanceService/GetMonth", Answer(GetMonth)},
      {"/sanyuan.allocation.v1.RationService/ListTightSkus", Answer(ListTightSkus)},
      {"/sanyuan.allocation.v1.RationService/ListRations", Answer(ListRations)},
      {"/sanyuan.allocation.v1.SupplyService/GetSupply", Answer(GetSupply)},
      {"/sanyuan.allocation.v1.SupplyService/ListWindowSupply", Answer(ListWindowSupply)},
      {"/sanyuan.allocation.v1.TieKeyService/GetTieKey", Answer(GetTieKey)},
      {"/sanyuan.allocation.v1.AllocationService/GetAllocation", Answer(GetAllocation)},
      {"/sanyuan.allocation.v1.AllocationService/ListAllocations", Answer(ListAllocations)},
      {"/sanyuan.allocation.v1.AllocationService/ExplainLine", Answer(ExplainLine)},
      {"/sanyuan.allocation.v1.AllocationService/GetRun", Answer(GetRun)},
      {"/sanyuan.allocation.v1.AllocationService/ListRuns", Answer(ListRuns)},
  };
  return queries;
}

}  // namespace sanyuan::allocation
