#include "common/reference/skus.h"

#include <fmt/format.h>

#include "common/state/code.h"

namespace sanyuan::reference {
namespace {

namespace v1 = registry::v1;
using common::v1::REASON_INVALID_FIELD;

constexpr int kMaxEntries = 200;
constexpr size_t kMaxTextLength = 200;
constexpr int64_t kMaxPriceFen = 100000000;  // A million yuan.

// Entries ascend by valid_from, and a date in this form compares like its text.
template <typename Entries>
auto EntryOn(const Entries& entries, Date date) -> decltype(&entries[0]) {
  const std::string text = DateText(date);
  for (int i = entries.size(); i-- > 0;) {
    if (entries[i].valid_from() <= text) return &entries[i];
  }
  return nullptr;
}

template <typename Entries>
void CheckDates(const Entries& entries, const std::string& path, Refusals& refusals) {
  CheckRange(entries.size(), 1, kMaxEntries, path, refusals);
  std::optional<Date> last;
  for (int i = 0; i < entries.size(); ++i) {
    const std::optional<Date> from = ParseDate(entries[i].valid_from());
    if (!from || (last && *from <= *last)) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}[{}].valid_from", path, i));
    }
    if (from) last = from;
  }
}

}  // namespace

const v1::SkuPrice* PriceOn(const v1::Sku& sku, Date date) { return EntryOn(sku.prices(), date); }
const v1::SkuClass* ClassOn(const v1::Sku& sku, Date date) { return EntryOn(sku.classes(), date); }

Refusals CheckSku(const v1::Sku& sku, const std::string& path) {
  Refusals refusals;
  if (!Code::IsValid(sku.sku_code())) Refuse(refusals, common::v1::REASON_SKU_FORMAT, path + ".sku_code");
  if (sku.status() != v1::SKU_STATUS_LISTED && sku.status() != v1::SKU_STATUS_DELISTED) {
    Refuse(refusals, REASON_INVALID_FIELD, path + ".status");
  }
  const auto check_text = [&](const std::string& text, bool needed, const char* name) {
    if (text.size() > kMaxTextLength || (needed && text.empty())) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.{}", path, name));
    }
  };
  check_text(sku.name(), true, "name");
  check_text(sku.family(), false, "family");
  check_text(sku.maker(), false, "maker");
  check_text(sku.carton_barcode(), false, "carton_barcode");
  check_text(sku.pack_barcode(), false, "pack_barcode");
  if (!DayNumberOf(sku.launch_date())) Refuse(refusals, REASON_INVALID_FIELD, path + ".launch_date");
  CheckDates(sku.prices(), path + ".prices", refusals);
  CheckDates(sku.classes(), path + ".classes", refusals);
  for (int i = 0; i < sku.prices_size(); ++i) {
    const v1::SkuPrice& price = sku.prices(i);
    const std::string item = fmt::format("{}.prices[{}]", path, i);
    CheckRange(price.allocation_fen(), 0, kMaxPriceFen, item + ".allocation_fen", refusals);
    CheckRange(price.wholesale_fen(), 0, kMaxPriceFen, item + ".wholesale_fen", refusals);
    CheckRange(price.guide_carton_fen(), 0, kMaxPriceFen, item + ".guide_carton_fen", refusals);
    CheckRange(price.guide_pack_fen(), 0, kMaxPriceFen, item + ".guide_pack_fen", refusals);
  }
  for (int i = 0; i < sku.classes_size(); ++i) {
    if (!Code::IsValid(sku.classes(i).class_code())) {
      Refuse(refusals, REASON_INVALID_FIELD, fmt::format("{}.classes[{}].class_code", path, i));
    }
  }
  return refusals;
}

}  // namespace sanyuan::reference
