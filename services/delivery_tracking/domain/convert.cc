#include "services/delivery_tracking/domain/convert.h"

namespace sanyuan::delivery_tracking {

std::optional<std::vector<SkuLine>> LinesFrom(const SkuCartonsList& lines) {
  std::vector<SkuLine> out;
  out.reserve(static_cast<size_t>(lines.size()));
  for (const v1::SkuCartons& line : lines) {
    const auto sku = Code::Parse(line.sku());
    if (!sku) return std::nullopt;
    out.push_back({*sku, line.cartons()});
  }
  return out;
}

void LinesTo(const std::vector<SkuLine>& lines, SkuCartonsList& out) {
  for (const SkuLine& line : lines) {
    v1::SkuCartons& added = *out.Add();
    added.set_sku(line.sku.str());
    added.set_cartons(line.cartons);
  }
}

int64_t SumOf(const std::vector<SkuLine>& lines) {
  int64_t sum = 0;
  for (const SkuLine& line : lines) sum += line.cartons;
  return sum;
}

std::optional<std::vector<Code>> CodesFrom(const StringList& texts) {
  std::vector<Code> out;
  for (const std::string& text : texts) {
    const auto code = Code::Parse(text);
    if (!code) return std::nullopt;
    out.push_back(*code);
  }
  return out;
}

void CodesTo(const std::vector<Code>& codes, StringList& out) {
  for (const Code& code : codes) *out.Add() = code.str();
}

std::optional<OrderPart> PartFrom(const v1::StopOrder& order) {
  auto lines = LinesFrom(order.lines());
  if (!lines) return std::nullopt;
  return OrderPart{order.order_id(), order.debit_number(), *std::move(lines)};
}

void PartTo(const OrderPart& part, v1::StopOrder& out) {
  out.set_order_id(part.order_id);
  out.set_debit_number(part.debit_number);
  LinesTo(part.lines, *out.mutable_lines());
}

Moment MomentFrom(const v1::TimeChain& time) {
  Moment moment;
  moment.device_time = FromProto(time.device_time());
  if (time.has_corrected_time()) moment.corrected = FromProto(time.corrected_time());
  moment.received_at = FromProto(time.received_at());
  moment.status = time.clock_status();
  return moment;
}

v1::TimeChain MomentTo(const Moment& moment) {
  v1::TimeChain out;
  *out.mutable_device_time() = ToProto(moment.device_time);
  if (moment.corrected) *out.mutable_corrected_time() = ToProto(*moment.corrected);
  *out.mutable_received_at() = ToProto(moment.received_at);
  out.set_clock_status(moment.status);
  return out;
}

std::optional<Origin> OriginFrom(const v1::DeviceOrigin& origin) {
  const auto staff = Code::Parse(origin.staff_id());
  if (!staff) return std::nullopt;
  return Origin{{origin.device_key(), origin.installation_id()},
                origin.sequence(),
                *staff,
                origin.boot_id(),
                origin.since_boot_us()};
}

v1::DeviceOrigin OriginTo(const Origin& origin) {
  v1::DeviceOrigin out;
  out.set_device_key(origin.stream.device_key);
  out.set_installation_id(origin.stream.installation_id);
  out.set_sequence(origin.sequence);
  out.set_staff_id(origin.staff.str());
  out.set_boot_id(origin.boot_id);
  out.set_since_boot_us(origin.since_boot_us);
  return out;
}

Digest DigestFrom(const std::string& bytes) {
  return bytes.size() == Digest{}.bytes.size() ? DigestFromBytes(bytes) : Digest{};
}

std::string DigestTo(const Digest& digest) {
  return digest == Digest{} ? std::string() : std::string(digest.view());
}

v1::SkuBalance BalanceTo(const Code& sku, const RunSku& row) {
  v1::SkuBalance out;
  out.set_sku(sku.str());
  out.set_planned_cartons(row.planned);
  out.set_loaded_cartons(row.loaded);
  out.set_delivered_cartons(row.delivered);
  out.set_returned_cartons(row.returned);
  out.set_lost_cartons(row.lost);
  out.set_carried_cartons(row.carried());
  return out;
}

absl::Status CantFold(const std::string& what) {
  return absl::InvalidArgumentError("delivery_tracking: can't fold " + what);
}

}  // namespace sanyuan::delivery_tracking
