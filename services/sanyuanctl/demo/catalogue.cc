#include "services/sanyuanctl/demo/catalogue.h"

#include <algorithm>
#include <string_view>

#include "services/registry/data/shipped.h"
#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/import/rows.h"

namespace sanyuan::ctl::demo {
namespace {

namespace v1 = registry::v1;

template <typename Message>
std::vector<Message> Shipped(const std::string& kind, std::string_view text) {
  import::Report report;
  std::vector<Message> messages;
  for (const import::Item& item : import::ReadItems(import::KindNamed(kind), kind, text, report)) {
    messages.push_back(dynamic_cast<const Message&>(*item.message));
  }
  if (!report.clean()) throw Unexpected(report.Text());
  return messages;
}

// REQUIRES: one of them is wanted.
template <typename Message, typename Wanted>
Message Find(const std::vector<Message>& messages, Wanted wanted) {
  return *std::find_if(messages.begin(), messages.end(), wanted);
}

}  // namespace

const std::vector<CatalogueSku>& Catalogue() {
  static const std::vector<CatalogueSku> catalogue = [] {
    std::vector<CatalogueSku> skus;
    for (const v1::Sku& sku : Shipped<v1::Sku>("skus", registry::ShippedSkus())) {
      skus.push_back({sku.sku_code(), sku.key_brand(), sku.usually_tight(), sku.rural_staple(), sku});
    }
    return skus;
  }();
  return catalogue;
}

v1::County ShippedCounty(const std::string& code) {
  return Find(Shipped<v1::County>("counties", registry::ShippedCounties()),
              [&](const v1::County& county) { return county.code() == code; });
}

std::vector<v1::PriceClass> ShippedClasses() {
  return Shipped<v1::PriceClass>("price-classes", registry::ShippedPriceClasses());
}

v1::Calendar ShippedYear(int32_t year) {
  return Find(Shipped<v1::Calendar>("calendar", registry::ShippedCalendar()),
              [&](const v1::Calendar& calendar) { return calendar.year() == year; });
}

}  // namespace sanyuan::ctl::demo
