// Prices and classes of a SKU by date. A SKU's class is data; nothing here computes it from a price.
// Pure functions, any thread. Pointers point into the SKU that was given.
#ifndef SANYUAN_COMMON_REFERENCE_SKUS_H_
#define SANYUAN_COMMON_REFERENCE_SKUS_H_

#include <string>

#include "common/clock/business_time.h"
#include "common/reference/refusals.h"
#include "sanyuan/registry/v1/reference.pb.h"

namespace sanyuan::reference {

// The entry in force on the date; nullptr before the first one.
const registry::v1::SkuPrice* PriceOn(const registry::v1::Sku& sku, Date date);
const registry::v1::SkuClass* ClassOn(const registry::v1::Sku& sku, Date date);

// What about the SKU alone forbids to register it, formats apart: a code that is none, no price, no class,
// dates that do not ascend, negative or absurd prices, texts that are too long.
Refusals CheckSku(const registry::v1::Sku& sku, const std::string& path);

}  // namespace sanyuan::reference

#endif  // SANYUAN_COMMON_REFERENCE_SKUS_H_
