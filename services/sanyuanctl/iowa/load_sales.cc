#include "services/sanyuanctl/iowa/load_sales.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/reference/wire_time.h"
#include "sanyuan/registry/v1/policy.pb.h"
#include "sanyuan/registry/v1/reference.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"

namespace sanyuan::ctl::iowa {
namespace {

namespace reg = registry::v1;

constexpr size_t kBatch = 200;
constexpr int32_t kMostDigits = 9;

const Caller kOperator{"iowa-import", "OPERATOR", ""};

void CheckBatch(const reg::BatchResult& result) {
  if (result.refused().empty()) return;
  throw Unexpected(fmt::format("{} items refused, first {}: {}", result.refused_size(),
                               result.refused(0).id(), result.refused(0).ShortDebugString()));
}

void AddDigits(reg::CodeFormat& format) {
  reg::CodeSegment& segment = *format.add_segments();
  segment.set_kind(reg::CodeSegment::KIND_DIGITS);
  segment.set_min_length(1);
  segment.set_max_length(kMostDigits);
}

void PublishFormats(Client& client, const std::string& valid_from) {
  reg::PublishPolicyRequest request;
  reg::PolicyVersion& policy = *request.mutable_policy();
  policy.set_version("format-iowa");
  policy.set_county_prefix(kCountyPrefix);
  *policy.mutable_effective_from() = reference::ToWireTime(StartOfDay(*ParseDate(valid_from)));
  policy.set_document("Iowa Alcoholic Beverages Division: store and item numbers");
  reg::CodeFormat& licence = *policy.mutable_format()->add_licence_formats();
  licence.set_name("store");
  licence.add_segments()->set_kind(reg::CodeSegment::KIND_COUNTY);
  AddDigits(licence);
  reg::CodeFormat& item = *policy.mutable_format()->add_sku_formats();
  item.set_name("item");
  AddDigits(item);
  client.Call<reg::PublishPolicyResponse>(kOperator, "formats", request);
}

reg::Sku SkuOf(const Item& item, const std::string& valid_from) {
  reg::Sku sku;
  sku.set_sku_code(item.sku);
  sku.set_name(item.name);
  sku.set_status(reg::SKU_STATUS_LISTED);
  for (const Price& price : item.prices) {
    reg::SkuPrice& entry = *sku.add_prices();
    entry.set_valid_from(DateText(price.from));
    entry.set_wholesale_fen(price.fen);
  }
  sku.add_classes()->set_valid_from(valid_from);
  sku.mutable_classes(0)->set_class_code(item.category);
  return sku;
}

std::string FirstDay(const Sales& sales) { return DateText(sales.days.begin()->first); }

}  // namespace

void LoadReference(Client& client, const Sales& sales) {
  const std::string valid_from = FirstDay(sales);
  PublishFormats(client, DateText(*ParseDate(valid_from) - 1));
  reg::RegisterCountiesRequest counties;
  for (const County& county : sales.counties) {
    reg::County& added = *counties.add_counties();
    added.set_code(county.code);
    added.set_name_en(county.name);
  }
  CheckBatch(client.Call<reg::RegisterCountiesResponse>(kOperator, "counties", counties).result());
  reg::DefinePriceClassesRequest classes;
  for (const Category& category : sales.categories) {
    reg::PriceClass& added = *classes.add_price_classes();
    added.set_code(category.code);
    added.set_name_en(category.name);
  }
  CheckBatch(client.Call<reg::DefinePriceClassesResponse>(kOperator, "categories", classes).result());
  for (size_t first = 0; first < sales.items.size(); first += kBatch) {
    reg::RegisterSkusRequest skus;
    for (size_t i = first; i < std::min(sales.items.size(), first + kBatch); ++i) {
      *skus.add_skus() = SkuOf(sales.items[i], valid_from);
    }
    CheckBatch(
        client.Call<reg::RegisterSkusResponse>(kOperator, fmt::format("items {}", first), skus).result());
  }
}

void LoadStores(Client& client, const Sales& sales) {
  const std::string valid_from = FirstDay(sales);
  std::map<std::string, std::vector<const Store*>> stores;
  for (const Store& store : sales.stores) {
    if (!store.county.empty()) stores[store.county].push_back(&store);
  }
  const std::vector<std::pair<std::string, std::vector<const Store*>>> counties(stores.begin(), stores.end());
  client.Each(counties.size(), [&](size_t county) {
    const auto& [code, of_county] = counties[county];
    for (size_t first = 0; first < of_county.size(); first += kBatch) {
      reg::RegisterRetailersRequest request;
      request.set_county_code(code);
      for (size_t i = first; i < std::min(of_county.size(), first + kBatch); ++i) {
        reg::Retailer& retailer = *request.add_retailers();
        retailer.set_licence(of_county[i]->licence);
        retailer.set_joined_on(valid_from);
        reg::LicenceRecord& record = *retailer.mutable_licence_record();
        record.set_status(reg::LICENCE_STATUS_ACTIVE);
        record.set_valid_from(valid_from);
        record.set_company(of_county[i]->name);
      }
      CheckBatch(client
                     .Call<reg::RegisterRetailersResponse>({"LO-" + code, "LICENCE_OFFICE", code},
                                                           fmt::format("stores {}", first), request)
                     .result());
    }
  });
}

}  // namespace sanyuan::ctl::iowa
