#include "services/registry/domain/sku.h"

#include <algorithm>

#include "common/reference/formats.h"
#include "common/reference/skus.h"

namespace sanyuan::registry {
namespace {

using common::v1::REASON_INVALID_FIELD;

SkuRow RowOf(const v1::Sku& sku) {
  SkuRow row;
  row.name = sku.name();
  row.family = sku.family();
  row.maker = sku.maker();
  row.status = sku.status();
  for (const v1::SkuPrice& price : sku.prices()) {
    row.prices.push_back({DayNumberOf(price.valid_from()).value_or(0), price.allocation_fen(),
                          price.wholesale_fen(), price.guide_carton_fen(), price.guide_pack_fen()});
  }
  for (const v1::SkuClass& entry : sku.classes()) {
    row.classes.push_back(
        {DayNumberOf(entry.valid_from()).value_or(0), Code::Parse(entry.class_code()).value_or(Code())});
  }
  row.key_brand = sku.key_brand();
  row.treated_as_key = sku.treated_as_key();
  row.usually_tight = sku.usually_tight();
  row.new_product = sku.new_product();
  row.rural_staple = sku.rural_staple();
  row.synthetic = sku.synthetic();
  row.launch_date = DayNumberOf(sku.launch_date()).value_or(0);
  row.carton_barcode = sku.carton_barcode();
  row.pack_barcode = sku.pack_barcode();
  return row;
}

absl::Status Put(ReferenceState& state, const v1::Sku& sku) {
  const std::optional<Code> code = Code::Parse(sku.sku_code());
  if (!code) return absl::InvalidArgumentError("a SKU without a code");
  state.skus.Put({*code}, RowOf(sku));
  return absl::OkStatus();
}

void CheckClassesKnown(const ReferenceState& state, const v1::Sku& sku, const std::string& path,
                       Refusals& refusals) {
  for (int i = 0; i < sku.classes_size(); ++i) {
    const std::optional<Code> code = Code::Parse(sku.classes(i).class_code());
    if (code && !state.price_classes.Contains({*code})) {
      Refuse(refusals, common::v1::REASON_PRICE_CLASS_UNKNOWN,
             fmt::format("{}.classes[{}].class_code", path, i), code->str());
    }
  }
}

// The entries up to and with `today`.
template <typename Entries>
std::vector<std::string> EntriesOf(const Entries& entries, const std::string& today) {
  std::vector<std::string> past;
  for (const auto& entry : entries) {
    if (entry.valid_from() <= today) past.push_back(reference::CanonicalBytes(entry));
  }
  return past;
}

std::optional<v1::Sku> Standing(const ReferenceState& state, const std::string& sku_code) {
  const std::optional<Code> code = Code::Parse(sku_code);
  const SkuRow* row = code ? state.skus.Find({*code}) : nullptr;
  if (row == nullptr) return std::nullopt;
  return SkuOf({*code}, *row);
}

}  // namespace

v1::Sku SkuOf(const CodeKey& key, const SkuRow& row) {
  v1::Sku sku;
  sku.set_sku_code(key.code.str());
  sku.set_name(row.name);
  sku.set_family(row.family);
  sku.set_maker(row.maker);
  sku.set_status(row.status);
  for (const SkuPriceRow& price : row.prices) {
    v1::SkuPrice& entry = *sku.add_prices();
    entry.set_valid_from(DayNumberText(price.valid_from));
    entry.set_allocation_fen(price.allocation_fen);
    entry.set_wholesale_fen(price.wholesale_fen);
    entry.set_guide_carton_fen(price.guide_carton_fen);
    entry.set_guide_pack_fen(price.guide_pack_fen);
  }
  for (const SkuClassRow& entry : row.classes) {
    v1::SkuClass& sku_class = *sku.add_classes();
    sku_class.set_valid_from(DayNumberText(entry.valid_from));
    sku_class.set_class_code(entry.class_code.str());
  }
  sku.set_key_brand(row.key_brand);
  sku.set_treated_as_key(row.treated_as_key);
  sku.set_usually_tight(row.usually_tight);
  sku.set_new_product(row.new_product);
  sku.set_rural_staple(row.rural_staple);
  sku.set_synthetic(row.synthetic);
  sku.set_launch_date(DayNumberText(row.launch_date));
  sku.set_carton_barcode(row.carton_barcode);
  sku.set_pack_barcode(row.pack_barcode);
  return sku;
}

v1::PriceClass PriceClassOf(const CodeKey& key, const PriceClassRow& row) {
  v1::PriceClass price_class;
  price_class.set_code(key.code.str());
  price_class.set_name_zh(row.name_zh);
  price_class.set_name_en(row.name_en);
  price_class.set_from_allocation_fen(row.from_fen);
  price_class.set_below_allocation_fen(row.below_fen);
  return price_class;
}

Outcome DecideDefinePriceClasses(const ReferenceState& state, const v1::DefinePriceClassesRequest& request,
                                 const Stamp& /*stamp*/) {
  Outcome outcome;
  CheckBatchSize(request.price_classes_size(), "price_classes", outcome.refusals);
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::DefinePriceClassesResponse>();
  JudgeBatch<v1::PriceClass>(
      request.price_classes(), "price_classes", *response->mutable_result(),
      [](const v1::PriceClass& item) { return item.code(); },
      [&](const v1::PriceClass& item) -> std::optional<v1::PriceClass> {
        const std::optional<Code> code = Code::Parse(item.code());
        const PriceClassRow* row = code ? state.price_classes.Find({*code}) : nullptr;
        if (row == nullptr) return std::nullopt;
        v1::PriceClass standing = PriceClassOf({*code}, *row);
        if (reference::ChangedPaths(standing, item).empty()) return standing;
        return std::nullopt;
      },
      [](const v1::PriceClass& item, const std::string& path, Refusals& refusals) {
        CheckCode(item.code(), false, path + ".code", refusals);
        CheckLength(item.name_zh(), kMaxNameLength, path + ".name_zh", refusals);
        CheckLength(item.name_en(), kMaxNameLength, path + ".name_en", refusals);
        CheckRange(item.from_allocation_fen(), 0, INT64_MAX, path + ".from_allocation_fen", refusals);
        if (item.below_allocation_fen() != 0) {
          CheckRange(item.below_allocation_fen(), item.from_allocation_fen(), INT64_MAX,
                     path + ".below_allocation_fen", refusals);
        }
      },
      [&](const v1::PriceClass& item) {
        auto event = std::make_unique<v1::ReferenceEvent>();
        *event->mutable_price_class_defined()->mutable_price_class() = item;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return outcome;
}

absl::Status Evolve(ReferenceState& state, const v1::PriceClassDefined& event, const Stamp& /*stamp*/) {
  const v1::PriceClass& item = event.price_class();
  const std::optional<Code> code = Code::Parse(item.code());
  if (!code) return absl::InvalidArgumentError("a price class without a code");
  state.price_classes.Put(
      {*code}, {item.name_zh(), item.name_en(), item.from_allocation_fen(), item.below_allocation_fen()});
  return absl::OkStatus();
}

Outcome DecideRegisterSkus(const ReferenceState& state, const v1::RegisterSkusRequest& request,
                           const Stamp& stamp) {
  Outcome outcome;
  CheckBatchSize(request.skus_size(), "skus", outcome.refusals);
  if (outcome.refused()) return outcome;
  // SKUs belong to no county: every format in force, for whatever region, is one that a code may have.
  const auto formats = state.policies.EffectiveOfAllRegions(v1::POLICY_KIND_FORMAT, stamp.decided_at);
  if (formats.empty()) {
    outcome.not_ready = "no format policy is in force";
    return outcome;
  }
  auto response = std::make_unique<v1::RegisterSkusResponse>();
  JudgeBatch<v1::Sku>(
      request.skus(), "skus", *response->mutable_result(), [](const v1::Sku& sku) { return sku.sku_code(); },
      [&](const v1::Sku& sku) { return Standing(state, sku.sku_code()); },
      [&](const v1::Sku& sku, const std::string& path, Refusals& refusals) {
        Refusals found = reference::CheckSku(sku, path);
        refusals.insert(refusals.end(), found.begin(), found.end());
        const bool fits = std::any_of(formats.begin(), formats.end(), [&](const v1::PolicyVersion* policy) {
          return reference::FitsSku(sku.sku_code(), policy->format());
        });
        if (!fits && Code::IsValid(sku.sku_code())) {
          Refuse(refusals, common::v1::REASON_SKU_FORMAT, path + ".sku_code");
        }
        CheckClassesKnown(state, sku, path, refusals);
      },
      [&](const v1::Sku& sku) {
        auto event = std::make_unique<v1::ReferenceEvent>();
        *event->mutable_sku_listed()->mutable_sku() = sku;
        outcome.events.push_back(std::move(event));
      });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "skus");
}

Outcome DecideChangeSku(const ReferenceState& state, const v1::ChangeSkuRequest& request,
                        const Stamp& stamp) {
  Outcome outcome;
  if (IsRecordedAttempt(stamp)) {
    auto event = std::make_unique<v1::ReferenceEvent>();
    *event->mutable_forbidden_action_attempted() = ForbiddenAttempt(stamp, "", "");
    outcome.events.push_back(std::move(event));
    Refuse(outcome.refusals, common::v1::REASON_FORBIDDEN_ACTION, "");
    return outcome;
  }
  const v1::Sku& sku = request.sku();
  outcome.refusals = reference::CheckSku(sku, "sku");
  const std::optional<v1::Sku> before = Standing(state, sku.sku_code());
  if (!before) Refuse(outcome.refusals, common::v1::REASON_SKU_UNKNOWN, "sku.sku_code", sku.sku_code());
  CheckClassesKnown(state, sku, "sku", outcome.refusals);
  const std::string today = DateText(BusinessDate(stamp.decided_at));
  if (before && EntriesOf(before->prices(), today) != EntriesOf(sku.prices(), today)) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "sku.prices", today);
  }
  if (before && EntriesOf(before->classes(), today) != EntriesOf(sku.classes(), today)) {
    Refuse(outcome.refusals, common::v1::REASON_NOT_EFFECTIVE, "sku.classes", today);
  }
  if (outcome.refused()) return outcome;
  if (!reference::ChangedPaths(*before, sku).empty()) {
    auto event = std::make_unique<v1::ReferenceEvent>();
    *event->mutable_sku_changed()->mutable_sku() = sku;
    outcome.events.push_back(std::move(event));
  }
  outcome.response = std::make_unique<v1::ChangeSkuResponse>();
  return outcome;
}

absl::Status Evolve(ReferenceState& state, const v1::SkuListed& event, const Stamp& /*stamp*/) {
  return Put(state, event.sku());
}

absl::Status Evolve(ReferenceState& state, const v1::SkuChanged& event, const Stamp& /*stamp*/) {
  return Put(state, event.sku());
}

}  // namespace sanyuan::registry
