#include <optional>
#include <string>
#include <utility>

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"
#include "common/view/answer.h"
#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/registry/queries.h"
#include "services/registry/view.h"

namespace sanyuan::registry {
namespace {

using view::Pager;

// The class on the day; by the last entry when `on_date` is empty. Empty before the first entry.
std::string ClassOn(const v1::Sku& sku, const std::string& on_date) {
  std::string found;
  for (const v1::SkuClass& entry : sku.classes()) {
    if (on_date.empty() || entry.valid_from() <= on_date) found = entry.class_code();
  }
  return found;
}

// One page of the messages below `prefix` that `wanted` takes.
template <typename Message, typename Messages, typename Wanted>
absl::Status ReadPage(Pager& pager, const std::string& prefix, const std::string& begin, Messages& out,
                      Wanted wanted) {
  return pager.Read(prefix, begin, [&](const std::string&, const std::string& value) -> absl::StatusOr<bool> {
    Message message;
    if (!message.ParseFromString(value)) return absl::DataLossError("a row of the view can't be read");
    if (!wanted(message)) return false;
    *out.Add() = std::move(message);
    return true;
  });
}

// The last version of the kind and prefix whose time has come.
absl::StatusOr<std::optional<std::string>> InForce(const ViewReader& view, v1::PolicyKind kind,
                                                   const std::string& county_prefix, int64_t at_us) {
  constexpr size_t kAtOnce = 100;
  const std::string prefix = PolicyPrefix(kind, county_prefix);
  const std::string last = prefix + PolicyTimeText(at_us);
  std::optional<std::string> found;
  std::string after;
  while (true) {
    auto rows = view.Scan(prefix, after, kAtOnce);
    if (!rows.ok()) return rows.status();
    for (auto& [key, value] : *rows) {
      if (key > last) return found;
      found = std::move(value);
      after = key;
    }
    if (rows->size() < kAtOnce) return found;
  }
}

absl::StatusOr<std::optional<std::string>> FindPolicy(const ViewReader& view,
                                                      const v1::GetPolicyRequest& request) {
  if (!request.version().empty()) return view.Get(view::Key({"policy-version", request.version()}));
  if (request.kind() == v1::POLICY_KIND_UNSPECIFIED || !v1::PolicyKind_IsValid(request.kind())) {
    return absl::InvalidArgumentError("kind: needed where no version is named");
  }
  if (!request.has_at() || !reference::IsWireTime(request.at())) {
    return absl::InvalidArgumentError("at: needed where no version is named");
  }
  if (!request.county_code().empty()) {
    if (absl::Status county = view::CheckCountyCode(request.county_code()); !county.ok()) return county;
  }
  const int64_t at_us = absl::ToUnixMicros(reference::FromWireTime(request.at()));
  // The rules of the smallest region that has some.
  for (size_t length = request.county_code().size() + 1; length-- > 0;) {
    auto found = InForce(view, request.kind(), request.county_code().substr(0, length), at_us);
    if (!found.ok() || found->has_value()) return found;
  }
  return std::optional<std::string>();
}

}  // namespace

absl::StatusOr<v1::ListCountiesResponse> ListCounties(const ViewReader& view, const Actor& /*caller*/,
                                                      const v1::ListCountiesRequest& request) {
  v1::ListCountiesResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read =
      ReadPage<v1::County>(pager, view::Prefix({"county"}), request.prefix(), *response.mutable_counties(),
                           [](const auto&) { return true; });
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::ListReferenceUnitsResponse> ListReferenceUnits(
    const ViewReader& view, const Actor& /*caller*/, const v1::ListReferenceUnitsRequest& request) {
  v1::ListReferenceUnitsResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read = ReadPage<v1::OrgUnit>(
      pager, view::Prefix({"unit"}), "", *response.mutable_units(), [&](const v1::OrgUnit& unit) {
        return request.level() == v1::UNIT_LEVEL_UNSPECIFIED || request.level() == unit.level();
      });
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetSkuResponse> GetSku(const ViewReader& view, const Actor& /*caller*/,
                                          const v1::GetSkuRequest& request) {
  auto sku = view::ReadMessage<v1::Sku>(view, view::Key({"sku", request.sku_code()}));
  if (!sku.ok()) return sku.status();
  if (!*sku) return absl::NotFoundError("there is no SKU " + request.sku_code());
  v1::GetSkuResponse response;
  *response.mutable_sku() = **std::move(sku);
  return response;
}

absl::StatusOr<v1::ListSkusResponse> ListSkus(const ViewReader& view, const Actor& /*caller*/,
                                              const v1::ListSkusRequest& request) {
  if (!request.on_date().empty() && !ParseDate(request.on_date())) {
    return absl::InvalidArgumentError("on_date: YYYY-MM-DD");
  }
  v1::ListSkusResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read =
      ReadPage<v1::Sku>(pager, view::Prefix({"sku"}), "", *response.mutable_skus(), [&](const v1::Sku& sku) {
        return (request.status() == v1::SKU_STATUS_UNSPECIFIED || request.status() == sku.status()) &&
               (request.class_code().empty() || request.class_code() == ClassOn(sku, request.on_date())) &&
               (!request.key_brands_only() || sku.key_brand());
      });
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::ListPriceClassesResponse> ListPriceClasses(const ViewReader& view, const Actor& /*caller*/,
                                                              const v1::ListPriceClassesRequest& request) {
  v1::ListPriceClassesResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read = pager.ReadAll(view::Prefix({"class"}), *response.mutable_price_classes());
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetCalendarResponse> GetCalendar(const ViewReader& view, const Actor& /*caller*/,
                                                    const v1::GetCalendarRequest& request) {
  const std::string year = std::to_string(request.year());
  auto calendar = view::ReadMessage<v1::Calendar>(view, view::Key({"calendar", year}));
  if (!calendar.ok()) return calendar.status();
  if (!*calendar) return absl::NotFoundError("no calendar was published for " + year);
  v1::GetCalendarResponse response;
  *response.mutable_calendar() = **std::move(calendar);
  return response;
}

absl::StatusOr<v1::GetPolicyResponse> GetPolicy(const ViewReader& view, const Actor& /*caller*/,
                                                const v1::GetPolicyRequest& request) {
  const auto found = FindPolicy(view, request);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return absl::NotFoundError("there is no such policy, or none is in force");
  v1::GetPolicyResponse response;
  if (!response.mutable_policy()->ParseFromString(**found)) {
    return absl::DataLossError("a row of the view can't be read");
  }
  return response;
}

absl::StatusOr<v1::ListPoliciesResponse> ListPolicies(const ViewReader& view, const Actor& /*caller*/,
                                                      const v1::ListPoliciesRequest& request) {
  // All versions of a kind stand together, whatever their prefix.
  const std::string prefix = view::Prefix({"policy"});
  std::string begin;
  if (request.kind() != v1::POLICY_KIND_UNSPECIFIED) {
    begin = PolicyPrefix(request.kind(), "");
    begin = begin.substr(prefix.size(), begin.size() - prefix.size() - 1);
  }
  v1::ListPoliciesResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read = ReadPage<v1::PolicyVersion>(pager, prefix, begin, *response.mutable_policies(),
                                                        [](const auto&) { return true; });
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

const view::Queries& ReferenceQueries() {
  static const view::Queries queries = {
      {"/sanyuan.registry.v1.ReferenceService/ListCounties", view::AsQuery(&ListCounties)},
      {"/sanyuan.registry.v1.ReferenceService/ListReferenceUnits", view::AsQuery(&ListReferenceUnits)},
      {"/sanyuan.registry.v1.ReferenceService/GetSku", view::AsQuery(&GetSku)},
      {"/sanyuan.registry.v1.ReferenceService/ListSkus", view::AsQuery(&ListSkus)},
      {"/sanyuan.registry.v1.ReferenceService/ListPriceClasses", view::AsQuery(&ListPriceClasses)},
      {"/sanyuan.registry.v1.ReferenceService/GetCalendar", view::AsQuery(&GetCalendar)},
      {"/sanyuan.registry.v1.PolicyService/GetPolicy", view::AsQuery(&GetPolicy)},
      {"/sanyuan.registry.v1.PolicyService/ListPolicies", view::AsQuery(&ListPolicies)},
  };
  return queries;
}

}  // namespace sanyuan::registry
