// SKUs and price classes. Prices and classes are data with dates: entries whose day has come are never changed,
// so an order or a figure of any day can be valued again as it was. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_SKU_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_SKU_H_

#include "absl/status/status.h"
#include "services/registry/domain/reference_state.h"

namespace sanyuan::registry {

// A class may be defined again with other content: its bounds are for people.
Outcome DecideDefinePriceClasses(const ReferenceState& state, const v1::DefinePriceClassesRequest& request,
                                 const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::PriceClassDefined& event, const Stamp& stamp);

// Not ready until a format policy for all counties is in force. SKU_FORMAT, PRICE_CLASS_UNKNOWN, ALREADY_EXISTS.
Outcome DecideRegisterSkus(const ReferenceState& state, const v1::RegisterSkusRequest& request,
                           const Stamp& stamp);
// SKU_UNKNOWN; NOT_EFFECTIVE if a price or class entry whose day has come is changed, removed or added.
Outcome DecideChangeSku(const ReferenceState& state, const v1::ChangeSkuRequest& request, const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::SkuListed& event, const Stamp& stamp);
absl::Status Evolve(ReferenceState& state, const v1::SkuChanged& event, const Stamp& stamp);

v1::Sku SkuOf(const CodeKey& key, const SkuRow& row);
v1::PriceClass PriceClassOf(const CodeKey& key, const PriceClassRow& row);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_SKU_H_
