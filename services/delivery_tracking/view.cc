#include "services/delivery_tracking/view.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "common/view/keys.h"
#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/state.h"

namespace sanyuan::delivery_tracking {
namespace {

using Rows = std::vector<view::ViewRow>;

std::string Number(const StopKey& stop) { return fmt::format("{:04}", stop.number); }

void SetTime(absl::Time time, google::protobuf::Timestamp* out) { *out = ToProto(time); }

void Put(Rows& rows, std::string key, const google::protobuf::Message& value) {
  rows.push_back({std::move(key), value.SerializeAsString()});
}

void ProjectRun(const RunKey& key, const Run& run, Rows& rows) {
  v1::DeliveryRun out;
  out.set_run_id(IdText(key));
  out.set_county_code(CountyText(key.county));
  out.set_route_id(key.route.str());
  out.set_delivery_date(DateText(key.date));
  out.set_state(run.state);
  CodesTo(run.crew, *out.mutable_crew_staff_ids());
  out.set_urban(run.urban);
  out.set_stop_count(run.stop_count);
  out.set_planned_cartons(run.planned_cartons);
  SetTime(run.first_stop_at, out.mutable_first_stop_at());
  if (run.departed_at != absl::UnixEpoch()) SetTime(run.departed_at, out.mutable_departed_at());
  if (run.returned_at != absl::UnixEpoch()) SetTime(run.returned_at, out.mutable_returned_at());
  out.set_announced(run.announced);
  out.set_policy_version(run.policy_version);
  out.set_receipted_stops(run.receipted_stops);
  out.set_failed_stops(run.failed_stops);
  out.set_late_stops(run.late_stops);
  Put(rows, view::Key({"run", out.county_code(), out.run_id()}), out);
  for (const Code& staff : run.crew) {
    rows.push_back({view::Key({"crew", out.county_code(), staff.view(), out.run_id()}), ""});
  }
  v1::GetReconciliationResponse losses;
  for (const LossRow& loss : run.losses) {
    v1::Loss& added = *losses.add_losses();
    added.set_sku(loss.sku.str());
    added.set_cartons(loss.cartons);
    added.set_case_number(loss.case_number);
  }
  Put(rows, view::Key({"loss", out.county_code(), out.run_id()}), losses);
}

void ProjectStop(const StopKey& key, const Stop& stop, Rows& rows) {
  v1::Stop out;
  out.set_stop_id(IdText(key));
  out.set_county_code(CountyText(key.county));
  out.set_run_id(IdText(key.run()));
  out.set_number(key.number);
  out.set_licence(stop.licence.str());
  std::map<Code, int64_t> lines;
  for (const OrderPart& part : stop.orders) {
    out.add_order_ids(part.order_id);
    for (const SkuLine& line : part.lines) lines[line.sku] += line.cartons;
  }
  for (const auto& [sku, cartons] : lines) LinesTo({{sku, cartons}}, *out.mutable_lines());
  out.set_state(stop.state);
  SetTime(stop.promised_at, out.mutable_promised_at());
  SetTime(stop.window_start, out.mutable_window_start());
  SetTime(stop.window_end, out.mutable_window_end());
  if (stop.arrival) {
    *out.mutable_arrival() = MomentTo(stop.arrival->time);
    out.set_arrival_method(stop.arrival->method);
    if (stop.arrival->distance_m) out.set_arrival_distance_m(*stop.arrival->distance_m);
  }
  out.set_punctuality(stop.punctuality);
  out.set_late_seconds(stop.late_seconds);
  out.set_late_reason(stop.late_reason);
  if (stop.redelivery_of) out.set_redelivery_of_stop_id(IdText(*stop.redelivery_of));
  if (stop.redelivery_date != 0) out.set_redelivery_date(DateText(stop.redelivery_date));
  out.set_attempt(stop.attempt);
  LinesTo(stop.delivered, *out.mutable_delivered());
  out.set_missed(stop.missed);
  Put(rows, view::Key({"stop", out.county_code(), out.run_id(), Number(key)}), out);
  rows.push_back({view::Key({"shop", out.county_code(), out.licence(), out.stop_id()}), ""});
}

void ProjectReceipt(const StopKey& key, const Receipt& receipt, Rows& rows) {
  v1::Receipt out;
  out.set_stop_id(IdText(key));
  out.set_county_code(CountyText(key.county));
  out.set_run_id(IdText(key.run()));
  out.set_licence(receipt.licence.str());
  out.set_state(receipt.state);
  out.set_receiver(receipt.receiver);
  for (const Proof& proof : receipt.proofs) {
    out.add_proofs()->set_kind(proof.kind);
    out.mutable_proofs()->rbegin()->set_result(proof.result);
  }
  for (int rule = v1::SuspicionRule_MIN + 1; rule <= v1::SuspicionRule_MAX; ++rule) {
    if ((receipt.rules >> rule & 1U) != 0) out.add_rules(static_cast<v1::SuspicionRule>(rule));
  }
  *out.mutable_time() = MomentTo(receipt.time);
  if (receipt.distance_m) out.set_distance_m(*receipt.distance_m);
  out.set_at_pickup_point(receipt.at_pickup_point);
  out.set_staff_id(receipt.origin.staff.str());
  SetTime(receipt.dispute_until, out.mutable_dispute_until());
  out.set_verdict(receipt.verdict);
  out.set_verdict_basis(receipt.basis);
  out.set_decided_by(receipt.decided_by.str());
  out.set_card_id(receipt.card_id);
  out.set_signature_sha256(DigestTo(receipt.signature));
  out.set_photo_sha256(DigestTo(receipt.photo));
  out.set_closed(receipt.closed);
  Put(rows, view::Key({"receipt", out.county_code(), out.run_id(), Number(key)}), out);
  for (int state = v1::ReceiptState_MIN; state <= v1::ReceiptState_MAX; ++state) {
    if (!IsOpenReceipt(static_cast<v1::ReceiptState>(state))) continue;
    view::ViewRow row{view::Key({"open", out.county_code(), std::to_string(state), out.stop_id()}),
                      std::nullopt};
    if (state == receipt.state) row.value = "";
    rows.push_back(std::move(row));
  }
}

void ProjectSku(const RunSkuKey& key, const RunSku& row, Rows& rows) {
  Put(rows, view::Key({"sku", CountyText(key.county), IdText(key.run), key.sku.view()}),
      BalanceTo(key.sku, row));
}

void ProjectPool(const PoolKey& key, const PoolRow& row, bool erased, Rows& rows) {
  view::ViewRow out{view::Key({"pool", CountyText(key.county), key.licence.view(), key.order_id,
                               std::to_string(key.debit_number)}),
                    std::nullopt};
  if (!erased) {
    v1::PoolEntry entry;
    entry.set_order_id(key.order_id);
    entry.set_debit_number(key.debit_number);
    entry.set_licence(key.licence.str());
    LinesTo(row.lines, *entry.mutable_lines());
    entry.set_order_day(DateText(row.order_day));
    if (row.redelivery_of) entry.set_redelivery_of_stop_id(IdText(*row.redelivery_of));
    if (row.not_before != 0) entry.set_not_before(DateText(row.not_before));
    out.value = entry.SerializeAsString();
  }
  rows.push_back(std::move(out));
}

void ProjectStream(const StreamKey& key, const StreamRow& row, Rows& rows) {
  v1::GetDeviceStreamResponse out;
  for (const auto& [first, last] : row.ranges) {
    out.add_taken()->set_first(first);
    out.mutable_taken()->rbegin()->set_last(last);
  }
  Put(rows, view::Key({"stream", CountyText(key.county), key.stream.device_key, key.stream.installation_id}),
      out);
}

void ProjectRejected(const RejectedKey& key, const RejectedRow& row, Rows& rows) {
  rows.push_back(
      {view::Key({"rejected", CountyText(key.county), key.stream.device_key, key.stream.installation_id,
                  fmt::format("{:013}", key.sequence), fmt::format("{:016x}", key.content_hash)}),
       row.rejected});
}

}  // namespace

void DeliveryTrackingProjection::Project(const state::Change& change, Rows& rows) const {
  const std::string& table = change.table->name();
  if (table == "runs") {
    const auto& entry = state::Table<RunKey, Run>::EntryOf(change);
    ProjectRun(entry.key, entry.row, rows);
  } else if (table == "run_skus") {
    const auto& entry = state::Table<RunSkuKey, RunSku>::EntryOf(change);
    ProjectSku(entry.key, entry.row, rows);
  } else if (table == "stops") {
    const auto& entry = state::Table<StopKey, Stop>::EntryOf(change);
    ProjectStop(entry.key, entry.row, rows);
  } else if (table == "receipts") {
    const auto& entry = state::Table<StopKey, Receipt>::EntryOf(change);
    ProjectReceipt(entry.key, entry.row, rows);
  } else if (table == "pool") {
    const auto& entry = state::Table<PoolKey, PoolRow>::EntryOf(change);
    ProjectPool(entry.key, entry.row, change.erased, rows);
  } else if (table == "streams") {
    const auto& entry = state::Table<StreamKey, StreamRow>::EntryOf(change);
    ProjectStream(entry.key, entry.row, rows);
  } else if (table == "rejected") {
    const auto& entry = state::Table<RejectedKey, RejectedRow>::EntryOf(change);
    ProjectRejected(entry.key, entry.row, rows);
  }
}

bool IsOpenReceipt(v1::ReceiptState state) {
  return state == v1::RECEIPT_STATE_CAPTURED || state == v1::RECEIPT_STATE_SUSPECT ||
         state == v1::RECEIPT_STATE_TIME_UNVERIFIED || state == v1::RECEIPT_STATE_DISPUTED;
}

}  // namespace sanyuan::delivery_tracking
