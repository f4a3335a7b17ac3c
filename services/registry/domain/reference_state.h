// The folded state of registry.reference.journal: what belongs to no county. One partition, county 0.
// Thread safety: as state::Store.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_STATE_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_STATE_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "common/reference/calendar_table.h"
#include "common/reference/policy_table.h"
#include "common/state/table.h"
#include "services/registry/domain/unit.h"

namespace sanyuan::registry {

// Keys by code; none has a `county`, so all rows count for county 0.
struct CodeKey {
  Code code;

  auto operator<=>(const CodeKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.code); }
};

struct CountyRow {
  std::string name_zh, name_en, prefecture_code, prefecture_zh, prefecture_en;

  static void Fields(auto& self, auto&& visit) {
    visit(self.name_zh, self.name_en, self.prefecture_code, self.prefecture_zh, self.prefecture_en);
  }
};

struct PriceClassRow {
  std::string name_zh, name_en;
  int64_t from_fen = 0;
  int64_t below_fen = 0;

  static void Fields(auto& self, auto&& visit) {
    visit(self.name_zh, self.name_en, self.from_fen, self.below_fen);
  }
};

struct SkuPriceRow {
  int32_t valid_from = 0;  // Day number.
  int64_t allocation_fen = 0, wholesale_fen = 0, guide_carton_fen = 0, guide_pack_fen = 0;

  static void Fields(auto& self, auto&& visit) {
    visit(self.valid_from, self.allocation_fen, self.wholesale_fen, self.guide_carton_fen,
          self.guide_pack_fen);
  }
};

struct SkuClassRow {
  int32_t valid_from = 0;
  Code class_code;

  static void Fields(auto& self, auto&& visit) { visit(self.valid_from, self.class_code); }
};

struct SkuRow {
  std::string name, family, maker;
  v1::SkuStatus status = v1::SKU_STATUS_UNSPECIFIED;
  std::vector<SkuPriceRow> prices;
  std::vector<SkuClassRow> classes;
  bool key_brand = false, treated_as_key = false, usually_tight = false, new_product = false;
  bool rural_staple = false, synthetic = false;
  int32_t launch_date = 0;
  std::string carton_barcode, pack_barcode;

  static void Fields(auto& self, auto&& visit) {
    visit(self.name, self.family, self.maker, self.status, self.prices, self.classes, self.key_brand,
          self.treated_as_key, self.usually_tight, self.new_product, self.rural_staple, self.synthetic,
          self.launch_date, self.carton_barcode, self.pack_barcode);
  }
};

struct ReferenceState : state::Store {
  ReferenceState() {
    policies.rows().Track();
    calendars.rows().Track();
    counties.Track();
    units.Track();
    price_classes.Track();
    skus.Track();
  }

  reference::PolicyTable policies{*this, state::Content::kBusiness};
  reference::CalendarTable calendars{*this, state::Content::kBusiness};
  state::Table<CodeKey, CountyRow> counties{*this, "counties", state::Content::kBusiness};
  state::Table<CodeKey, UnitRow> units{*this, "units", state::Content::kBusiness};
  state::Table<CodeKey, PriceClassRow> price_classes{*this, "price_classes", state::Content::kBusiness};
  state::Table<CodeKey, SkuRow> skus{*this, "skus", state::Content::kBusiness};
};

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_REFERENCE_STATE_H_
