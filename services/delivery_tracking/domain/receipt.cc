#include "services/delivery_tracking/domain/receipt.h"

#include <algorithm>
#include <map>
#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/stop.h"
#include "services/delivery_tracking/domain/suspicion.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_OVER_DELIVERED;
using common::v1::REASON_PROOF_FALSE;
using common::v1::REASON_PROOF_TOO_FEW;
using common::v1::REASON_QUANTITY_RANGE;
using common::v1::REASON_SKU_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

constexpr size_t kMaximumCardId = 32;
constexpr size_t kMaximumHashText = 128;

std::map<Code, int64_t> PlannedOf(const Stop& stop) {
  std::map<Code, int64_t> planned;
  for (const OrderPart& part : stop.orders) {
    for (const SkuLine& line : part.lines) planned[line.sku] += line.cartons;
  }
  return planned;
}

// What was handed over, by SKU. Without lines in the report: all of the plan.
std::map<Code, int64_t> DeliveredOf(const Stop& stop, const v1::StopReceiptReport& receipt,
                                    Refusals& refusals) {
  std::map<Code, int64_t> planned = PlannedOf(stop);
  if (receipt.delivered().empty()) return planned;
  std::map<Code, int64_t> delivered;
  for (int i = 0; i < receipt.delivered_size(); ++i) {
    const v1::SkuCartons& line = receipt.delivered(i);
    const std::string field = Indexed("receipt.delivered", i);
    const auto sku = Code::Parse(line.sku());
    const auto plan = sku ? planned.find(*sku) : planned.end();
    if (plan == planned.end()) {
      refusals.push_back(Refuse(REASON_SKU_UNKNOWN, field + ".sku", line.sku()));
    } else if (!delivered.emplace(*sku, line.cartons()).second) {
      refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".sku", line.sku()));
    } else if (line.cartons() < 0) {
      refusals.push_back(RefuseLimit(REASON_QUANTITY_RANGE, field + ".cartons", 0, line.cartons()));
    } else if (line.cartons() > plan->second) {
      refusals.push_back(
          RefuseLimit(REASON_OVER_DELIVERED, field + ".cartons", plan->second, line.cartons()));
    }
  }
  return delivered;
}

v1::ProofResult Compare(const std::string& given, const std::string& registered) {
  if (given.empty()) return v1::PROOF_RESULT_UNSPECIFIED;
  if (registered.empty()) return v1::PROOF_RESULT_NOT_CHECKABLE;
  return given == registered ? v1::PROOF_RESULT_TRUE : v1::PROOF_RESULT_FALSE;
}

// Both images are needed; one file can't be both.
v1::ProofResult CompareImages(const std::string& signature, const std::string& photo) {
  if (signature.empty() || photo.empty()) return v1::PROOF_RESULT_UNSPECIFIED;
  return signature == photo ? v1::PROOF_RESULT_FALSE : v1::PROOF_RESULT_TRUE;
}

v1::ReceiverKind ReceiverOf(const Draft& draft, County county, const Retailer* shop, const std::string& phone,
                            bool identified_by_proof) {
  if (phone.empty()) return identified_by_proof ? v1::RECEIVER_KIND_LICENSEE : v1::RECEIVER_KIND_UNKNOWN;
  if (FindStaffByPhone(draft, county, phone)) return v1::RECEIVER_KIND_STAFF;
  if (!shop) return v1::RECEIVER_KIND_UNKNOWN;
  if (phone == shop->phone_hash) return v1::RECEIVER_KIND_LICENSEE;
  const auto& authorised = shop->authorised_phone_hashes;
  return std::find(authorised.begin(), authorised.end(), phone) != authorised.end()
             ? v1::RECEIVER_KIND_AUTHORISED
             : v1::RECEIVER_KIND_UNKNOWN;
}

void CheckText(const std::string& text, size_t maximum, const std::string& field, Refusals& refusals) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
  if (!printable || text.size() > maximum) {
    refusals.push_back(RefuseLimit(REASON_INVALID_FIELD, field, static_cast<int64_t>(maximum),
                                   static_cast<int64_t>(text.size())));
  }
}

Refusals Validate(const v1::StopReceiptReport& receipt) {
  Refusals refusals;
  CheckPosition(receipt.has_position(), receipt.position(), "receipt.position", refusals);
  CheckHash(receipt.signature_sha256(), false, REASON_INVALID_FIELD, "receipt.signature_sha256", refusals);
  CheckHash(receipt.photo_sha256(), false, REASON_INVALID_FIELD, "receipt.photo_sha256", refusals);
  CheckText(receipt.card_id(), kMaximumCardId, "receipt.card_id", refusals);
  CheckText(receipt.pin_hash(), kMaximumHashText, "receipt.pin_hash", refusals);
  CheckText(receipt.receiver_phone_hash(), kMaximumHashText, "receipt.receiver_phone_hash", refusals);
  return refusals;
}

void AddProof(v1::ReceiptCaptured& captured, v1::ProofKind kind, v1::ProofResult result) {
  if (result == v1::PROOF_RESULT_UNSPECIFIED) return;
  captured.add_proofs()->set_kind(kind);
  captured.mutable_proofs()->rbegin()->set_result(result);
}

}  // namespace

Refusals ReportReceipt(Decision& decision, const Report& report, Touched& touched) {
  const v1::StopReceiptReport& receipt = report.event->receipt();
  Refusals refusals = Validate(receipt);
  const Draft& draft = decision.draft();
  const auto key = FindReportedStop(draft, report, receipt.stop_id(), "receipt.", refusals);
  if (!key) return refusals;
  const Stop& stop = *draft.stops.Find(*key);
  if (receipt.licence() != stop.licence.view()) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "receipt.licence", stop.licence.str()));
  }
  const bool open = stop.state == v1::STOP_STATE_PLANNED || stop.state == v1::STOP_STATE_ARRIVED ||
                    stop.state == v1::STOP_STATE_MISSED || RedeliveryIsInPool(draft, *key);
  if (!open && stop.state != v1::STOP_STATE_WITHDRAWN) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "receipt.stop_id", v1::StopState_Name(stop.state)));
  }
  const std::map<Code, int64_t> delivered = DeliveredOf(stop, receipt, refusals);
  if (!refusals.empty()) return refusals;

  const Run& run = *draft.runs.Find(key->run());
  const Rules& rules = RulesOf(draft, run);
  const Retailer* shop = draft.retailers.Find({key->county, stop.licence});
  const GeoPoint* place = ShopPosition(draft, key->county, stop.licence, rules);
  if (receipt.at_pickup_point()) {
    place = shop && HasPickupAgreement(*shop, key->date) ? &shop->pickup->point : nullptr;
  }
  const Nearness nearness =
      JudgeNearness(receipt.has_position() ? &receipt.position() : nullptr, place, rules);
  const auto card = Compare(receipt.card_id(), shop ? shop->card_id : "");
  const auto pin = Compare(receipt.pin_hash(), shop ? shop->pin_hash : "");

  v1::Event event;
  v1::ReceiptCaptured& captured = *event.mutable_receipt_captured();
  captured.set_stop_id(IdText(*key));
  captured.set_county_code(CountyText(key->county));
  captured.set_run_id(IdText(key->run()));
  captured.set_licence(stop.licence.str());
  *captured.mutable_origin() = OriginTo(report.origin);
  *captured.mutable_time() = MomentTo(TimeOf(decision, report, *key));
  captured.set_receiver(ReceiverOf(draft, key->county, shop, receipt.receiver_phone_hash(),
                                   card == v1::PROOF_RESULT_TRUE || pin == v1::PROOF_RESULT_TRUE));
  captured.set_receiver_phone_hash(receipt.receiver_phone_hash());
  captured.set_card_id(receipt.card_id());
  captured.set_signature_sha256(receipt.signature_sha256());
  captured.set_photo_sha256(receipt.photo_sha256());
  if (nearness.distance_m) captured.set_distance_m(*nearness.distance_m);
  captured.set_at_pickup_point(receipt.at_pickup_point());
  AddProof(captured, v1::PROOF_KIND_CARD, card);
  AddProof(captured, v1::PROOF_KIND_PIN, pin);
  AddProof(captured, v1::PROOF_KIND_SIGNATURE_PHOTO,
           CompareImages(receipt.signature_sha256(), receipt.photo_sha256()));
  AddProof(captured, v1::PROOF_KIND_GEOFENCE, nearness.result);
  for (const auto& [sku, cartons] : delivered) LinesTo({{sku, cartons}}, *captured.mutable_delivered());
  captured.set_policy_version(run.policy_version);
  *captured.mutable_dispute_until() =
      ToProto(decision.stamp().received_at + absl::Hours(rules.dispute_hours));
  decision.Emit(std::move(event));
  touched.receipts.insert(*key);
  touched.ledgers.insert(key->run());
  return {};
}

Refusals FindingsOf(const Draft& draft, const StopKey& stop) {
  static const std::map<v1::ProofKind, std::string> fields = {
      {v1::PROOF_KIND_CARD, "receipt.card_id"},
      {v1::PROOF_KIND_PIN, "receipt.pin_hash"},
      {v1::PROOF_KIND_SIGNATURE_PHOTO, "receipt.signature_sha256"},
      {v1::PROOF_KIND_GEOFENCE, "receipt.position"},
  };
  Refusals findings;
  const Receipt& receipt = *draft.receipts.Find(stop);
  const Rules& rules = RulesOf(draft, *draft.runs.Find(stop.run()));
  const bool image_reused = HasRule(receipt.rules, v1::SUSPICION_RULE_SIGNATURE_REUSED);
  for (const Proof& proof : receipt.proofs) {
    const bool reused = image_reused && proof.kind == v1::PROOF_KIND_SIGNATURE_PHOTO;
    if (proof.result != v1::PROOF_RESULT_FALSE && !reused) continue;
    common::v1::Refusal finding = Refuse(REASON_PROOF_FALSE, fields.at(proof.kind));
    if (proof.kind == v1::PROOF_KIND_GEOFENCE && receipt.distance_m) {
      finding.set_limit(rules.geofence_m);
      finding.set_value(*receipt.distance_m);
    }
    findings.push_back(std::move(finding));
  }
  if (TrueProofs(receipt) < rules.minimum_proofs) {
    findings.push_back(
        RefuseLimit(REASON_PROOF_TOO_FEW, "receipt", rules.minimum_proofs, TrueProofs(receipt)));
  }
  return findings;
}

int32_t TrueProofs(const Receipt& receipt) {
  int32_t count = 0;
  for (const Proof& proof : receipt.proofs) {
    const bool reused = proof.kind == v1::PROOF_KIND_SIGNATURE_PHOTO &&
                        HasRule(receipt.rules, v1::SUSPICION_RULE_SIGNATURE_REUSED);
    if (proof.result == v1::PROOF_RESULT_TRUE && !reused) ++count;
  }
  return count;
}

absl::Status Fold(Draft& draft, const v1::ReceiptCaptured& event) {
  const auto key = ParseStopId(event.stop_id());
  const auto licence = Code::Parse(event.licence());
  const auto origin = OriginFrom(event.origin());
  auto delivered = LinesFrom(event.delivered());
  if (!key || !licence || !origin || !delivered || !draft.stops.Contains(*key))
    return CantFold("ReceiptCaptured");
  Receipt receipt;
  receipt.licence = *licence;
  receipt.state = v1::RECEIPT_STATE_CAPTURED;
  receipt.receiver = event.receiver();
  receipt.card_id = event.card_id();
  receipt.signature = DigestFrom(event.signature_sha256());
  receipt.photo = DigestFrom(event.photo_sha256());
  for (const v1::ProofCheck& check : event.proofs()) receipt.proofs.push_back({check.kind(), check.result()});
  receipt.origin = *origin;
  receipt.time = MomentFrom(event.time());
  if (event.has_distance_m()) receipt.distance_m = event.distance_m();
  receipt.at_pickup_point = event.at_pickup_point();
  receipt.dispute_until = FromProto(event.dispute_until());
  if (!event.receiver_phone_hash().empty()) draft.receipt_phones.Put(*key, {event.receiver_phone_hash()});
  IndexReceipt(draft, *key, receipt);
  draft.timers.Put(TimerAt(receipt.dispute_until, TimerKind::kDisputeEnd, *key), {});
  draft.receipts.Put(*key, std::move(receipt));

  DropRedelivery(draft, *key);
  SetState(draft, *key, v1::STOP_STATE_RECEIPTED);
  Stop& stop = draft.stops.Mutate(*key);
  stop.missed = false;
  for (const SkuLine& line : *delivered) {
    draft.run_skus.Mutate({key->county, key->run(), line.sku}).delivered += line.cartons;
  }
  stop.delivered = *std::move(delivered);
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
