// Between messages and rows. Reading gives nullopt for what can't be a row (a malformed id or code).
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_CONVERT_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_CONVERT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "sanyuan/delivery_tracking/v1/event.pb.h"
#include "services/delivery_tracking/domain/state.h"

namespace sanyuan::delivery_tracking {

using SkuCartonsList = google::protobuf::RepeatedPtrField<v1::SkuCartons>;
using StringList = google::protobuf::RepeatedPtrField<std::string>;

std::optional<std::vector<SkuLine>> LinesFrom(const SkuCartonsList& lines);
void LinesTo(const std::vector<SkuLine>& lines, SkuCartonsList& out);
int64_t SumOf(const std::vector<SkuLine>& lines);

std::optional<std::vector<Code>> CodesFrom(const StringList& texts);
void CodesTo(const std::vector<Code>& codes, StringList& out);

std::optional<OrderPart> PartFrom(const v1::StopOrder& order);
void PartTo(const OrderPart& part, v1::StopOrder& out);

Moment MomentFrom(const v1::TimeChain& time);
v1::TimeChain MomentTo(const Moment& moment);

std::optional<Origin> OriginFrom(const v1::DeviceOrigin& origin);
v1::DeviceOrigin OriginTo(const Origin& origin);

// Zero for empty. REQUIRES: `bytes` is empty or has 32 bytes.
Digest DigestFrom(const std::string& bytes);
std::string DigestTo(const Digest& digest);

v1::SkuBalance BalanceTo(const Code& sku, const RunSku& row);

// For folding: what an event names does not exist or can't be read.
absl::Status CantFold(const std::string& what);

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_CONVERT_H_
