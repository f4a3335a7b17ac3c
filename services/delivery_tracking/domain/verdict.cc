#include "services/delivery_tracking/domain/verdict.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/stop.h"
#include "services/delivery_tracking/domain/suspicion.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_DISPUTE_TOO_LATE;
using common::v1::REASON_FOUR_EYES;
using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_NOT_OWN_LICENCE;
using common::v1::REASON_PICKUP_AGREEMENT_MISSING;
using common::v1::REASON_RECEIPT_UNKNOWN;
using common::v1::REASON_WRONG_STATE;

constexpr size_t kClosedAtOnce = 500;

template <typename Request>
const Receipt* ReceiptOf(const State& state, const Request& request, std::optional<StopKey>& key,
                         Refusals& refusals) {
  const auto county = CheckCounty(request.county_code(), refusals);
  if (!county) return nullptr;
  key = CheckStopId(*county, request.stop_id(), "stop_id", refusals);
  if (!key) return nullptr;
  const Receipt* receipt = state.receipts.Find(*key);
  if (!receipt) refusals.push_back(Refuse(REASON_RECEIPT_UNKNOWN, "stop_id", request.stop_id()));
  return receipt;
}

v1::ReceiptState StateOf(v1::ReceiptVerdict verdict) {
  switch (verdict) {
    case v1::RECEIPT_VERDICT_CONFIRMED_DIRECT:
      return v1::RECEIPT_STATE_CONFIRMED_DIRECT;
    case v1::RECEIPT_VERDICT_CONFIRMED_PICKUP:
      return v1::RECEIPT_STATE_CONFIRMED_PICKUP;
    case v1::RECEIPT_VERDICT_CONFIRMED_PROXY:
      return v1::RECEIPT_STATE_CONFIRMED_PROXY;
    default:
      return v1::RECEIPT_STATE_UNSPECIFIED;
  }
}

template <typename Request>
void CheckVerdict(const State& state, const Request& request, const std::optional<StopKey>& key,
                  const Receipt* receipt, const Stamp& stamp, Refusals& refusals) {
  if (StateOf(request.verdict()) == v1::RECEIPT_STATE_UNSPECIFIED) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "verdict"));
  }
  if (request.basis() == v1::VERDICT_BASIS_UNSPECIFIED || !v1::VerdictBasis_IsValid(request.basis())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "basis"));
  }
  if (!Code::IsValid(stamp.actor.id)) refusals.push_back(Refuse(REASON_INVALID_FIELD, "", "caller"));
  if (!receipt) return;
  const Run& run = *state.runs.Find(key->run());
  const auto is_crew = [&](const Code& staff) { return staff.view() == stamp.actor.id; };
  if (std::any_of(run.crew.begin(), run.crew.end(), is_crew)) {
    refusals.push_back(Refuse(REASON_FOUR_EYES, "stop_id", stamp.actor.id));
  }
  if (request.verdict() == v1::RECEIPT_VERDICT_CONFIRMED_PICKUP) {
    const Retailer* shop = state.retailers.Find({key->county, receipt->licence});
    if (!shop || !HasPickupAgreement(*shop, key->date)) {
      refusals.push_back(Refuse(REASON_PICKUP_AGREEMENT_MISSING, "verdict", receipt->licence.str()));
    }
  }
}

void CheckArrivalProof(const State& state, const v1::ResolveReceiptRequest& request, const StopKey& key,
                       const Stamp& stamp, Refusals& refusals) {
  if (!request.has_confirmed_arrived_at()) return;
  const Stop& stop = *state.stops.Find(key);
  const bool valid = IsValidTime(request.confirmed_arrived_at());
  const absl::Time at = valid ? FromProto(request.confirmed_arrived_at()) : absl::InfiniteFuture();
  if (!valid || at > stamp.received_at || DateAt(at) != key.date) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "confirmed_arrived_at"));
  } else if (stop.punctuality != v1::PUNCTUALITY_UNSPECIFIED &&
             stop.punctuality != v1::PUNCTUALITY_TIME_UNVERIFIED) {
    refusals.push_back(
        Refuse(REASON_WRONG_STATE, "confirmed_arrived_at", v1::Punctuality_Name(stop.punctuality)));
  }
}

void EstablishArrival(Decision& decision, const v1::ResolveReceiptRequest& request, const StopKey& key) {
  const Stop& stop = *decision.draft().stops.Find(key);
  v1::Event event;
  v1::ArrivalEstablished& established = *event.mutable_arrival_established();
  established.set_stop_id(request.stop_id());
  established.set_county_code(request.county_code());
  *established.mutable_arrived_at() = request.confirmed_arrived_at();
  established.set_punctuality(JudgePunctuality(stop, FromProto(request.confirmed_arrived_at())));
  established.set_basis(request.basis());
  established.set_decided_by(decision.stamp().actor.id);
  decision.Emit(std::move(event));
}

void ConfirmProxy(Decision& decision, const StopKey& key, const Code& licence, v1::VerdictBasis basis) {
  v1::Event event;
  v1::ProxyReceiptConfirmed& confirmed = *event.mutable_proxy_receipt_confirmed();
  confirmed.set_stop_id(IdText(key));
  confirmed.set_county_code(CountyText(key.county));
  confirmed.set_run_id(IdText(key.run()));
  confirmed.set_licence(licence.str());
  confirmed.set_basis(basis);
  confirmed.set_decided_by(decision.stamp().actor.id);
  CodesTo(decision.draft().runs.Find(key.run())->crew, *confirmed.mutable_crew_staff_ids());
  decision.Emit(std::move(event));
}

absl::Status Decide(Draft& draft, const std::string& stop_id, v1::ReceiptState state,
                    v1::ReceiptVerdict verdict, v1::VerdictBasis basis, const std::string& decided_by) {
  const auto key = ParseStopId(stop_id);
  const auto staff = Code::Parse(decided_by);
  if (!key || !staff || !draft.receipts.Contains(*key)) return CantFold("a verdict on a receipt");
  EndWaiting(draft, *key);
  Receipt& receipt = draft.receipts.Mutate(*key);
  receipt.state = state;
  receipt.verdict = verdict;
  receipt.basis = basis;
  receipt.decided_by = *staff;
  return absl::OkStatus();
}

}  // namespace

Outcome DecideResolveReceipt(const State& state, const v1::ResolveReceiptRequest& request,
                             const Stamp& stamp) {
  if (stamp.actor.role == common::v1::ROLE_DELIVERY_STAFF) {
    return Forbidden(request.county_code(), stamp, request.stop_id());
  }
  Refusals refusals;
  std::optional<StopKey> key;
  const Receipt* receipt = ReceiptOf(state, request, key, refusals);
  CheckVerdict(state, request, key, receipt, stamp, refusals);
  if (receipt) CheckArrivalProof(state, request, *key, stamp, refusals);
  const bool same = receipt && receipt->state == StateOf(request.verdict()) &&
                    receipt->decided_by.view() == stamp.actor.id && !request.has_confirmed_arrived_at();
  if (receipt && !same && receipt->state >= v1::RECEIPT_STATE_CONFIRMED_DIRECT) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "stop_id", v1::ReceiptState_Name(receipt->state)));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Decision decision(state, stamp);
  if (!same) {
    if (request.has_confirmed_arrived_at()) EstablishArrival(decision, request, *key);
    if (request.verdict() == v1::RECEIPT_VERDICT_CONFIRMED_PROXY) {
      ConfirmProxy(decision, *key, receipt->licence, request.basis());
    } else {
      v1::Event event;
      v1::ReceiptConfirmed& confirmed = *event.mutable_receipt_confirmed();
      confirmed.set_stop_id(request.stop_id());
      confirmed.set_county_code(request.county_code());
      confirmed.set_licence(receipt->licence.str());
      confirmed.set_verdict(request.verdict());
      confirmed.set_basis(request.basis());
      confirmed.set_decided_by(stamp.actor.id);
      decision.Emit(std::move(event));
    }
  }
  return std::move(decision).Finish(std::make_unique<v1::ResolveReceiptResponse>());
}

Outcome DecideDisputeReceipt(const State& state, const v1::DisputeReceiptRequest& request,
                             const Stamp& stamp) {
  if (stamp.actor.role != common::v1::ROLE_RETAILER) {
    return Forbidden(request.county_code(), stamp, request.stop_id());
  }
  Refusals refusals;
  std::optional<StopKey> key;
  const Receipt* receipt = ReceiptOf(state, request, key, refusals);
  if (receipt && receipt->licence.view() != stamp.actor.id) {
    refusals.push_back(Refuse(REASON_NOT_OWN_LICENCE, "stop_id"));
  }
  const bool same = receipt && receipt->state == v1::RECEIPT_STATE_DISPUTED;
  if (receipt && !same && stamp.received_at > receipt->dispute_until) {
    refusals.push_back(RefuseLimit(REASON_DISPUTE_TOO_LATE, "stop_id",
                                   absl::ToUnixSeconds(receipt->dispute_until),
                                   absl::ToUnixSeconds(stamp.received_at)));
  }
  if (receipt && receipt->state == v1::RECEIPT_STATE_SETTLED) {
    refusals.push_back(Refuse(REASON_WRONG_STATE, "stop_id", v1::ReceiptState_Name(receipt->state)));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Decision decision(state, stamp);
  if (!same) {
    v1::Event event;
    v1::ReceiptDisputed& disputed = *event.mutable_receipt_disputed();
    disputed.set_stop_id(request.stop_id());
    disputed.set_county_code(request.county_code());
    disputed.set_licence(receipt->licence.str());
    decision.Emit(std::move(event));
  }
  return std::move(decision).Finish(std::make_unique<v1::DisputeReceiptResponse>());
}

Outcome DecideSettleDispute(const State& state, const v1::SettleDisputeRequest& request, const Stamp& stamp) {
  if (stamp.actor.role == common::v1::ROLE_DELIVERY_STAFF) {
    return Forbidden(request.county_code(), stamp, request.stop_id());
  }
  Refusals refusals;
  std::optional<StopKey> key;
  const Receipt* receipt = ReceiptOf(state, request, key, refusals);
  CheckVerdict(state, request, key, receipt, stamp, refusals);
  const bool same = receipt && receipt->state == v1::RECEIPT_STATE_SETTLED &&
                    receipt->verdict == request.verdict() && receipt->decided_by.view() == stamp.actor.id;
  if (receipt && !same) {
    if (receipt->state != v1::RECEIPT_STATE_DISPUTED) {
      refusals.push_back(Refuse(REASON_WRONG_STATE, "stop_id", v1::ReceiptState_Name(receipt->state)));
    } else if (receipt->decided_by.view() == stamp.actor.id) {
      refusals.push_back(Refuse(REASON_FOUR_EYES, "stop_id", stamp.actor.id));
    }
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Decision decision(state, stamp);
  if (!same) {
    v1::Event event;
    v1::DisputeSettled& settled = *event.mutable_dispute_settled();
    settled.set_stop_id(request.stop_id());
    settled.set_county_code(request.county_code());
    settled.set_licence(receipt->licence.str());
    settled.set_verdict(request.verdict());
    settled.set_basis(request.basis());
    settled.set_decided_by(stamp.actor.id);
    if (request.verdict() == v1::RECEIPT_VERDICT_CONFIRMED_PROXY) {
      ConfirmProxy(decision, *key, receipt->licence, request.basis());
    }
    decision.Emit(std::move(event));
  }
  return std::move(decision).Finish(std::make_unique<v1::SettleDisputeResponse>());
}

void FireDisputeEnd(Decision& decision, const TimerKey& first) {
  v1::Event event;
  v1::ReceiptsClosed& closed = *event.mutable_receipts_closed();
  closed.set_county_code(CountyText(first.county));
  decision.draft().timers.ForEachFrom(first, [&](const TimerKey& key, const Present&) {
    if (key.due_us != first.due_us || key.county != first.county || key.kind != first.kind) return false;
    closed.add_stop_ids(IdText(key.subject));
    return static_cast<size_t>(closed.stop_ids_size()) < kClosedAtOnce;
  });
  decision.Emit(std::move(event));
}

absl::Status Fold(Draft& draft, const v1::ReceiptConfirmed& event) {
  return Decide(draft, event.stop_id(), StateOf(event.verdict()), event.verdict(), event.basis(),
                event.decided_by());
}

absl::Status Fold(Draft& draft, const v1::ProxyReceiptConfirmed& event) {
  return Decide(draft, event.stop_id(), v1::RECEIPT_STATE_CONFIRMED_PROXY,
                v1::RECEIPT_VERDICT_CONFIRMED_PROXY, event.basis(), event.decided_by());
}

absl::Status Fold(Draft& draft, const v1::ReceiptDisputed& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.receipts.Contains(*key)) return CantFold("ReceiptDisputed");
  EndWaiting(draft, *key);
  draft.receipts.Mutate(*key).state = v1::RECEIPT_STATE_DISPUTED;
  return absl::OkStatus();
}

absl::Status Fold(Draft& draft, const v1::DisputeSettled& event) {
  return Decide(draft, event.stop_id(), v1::RECEIPT_STATE_SETTLED, event.verdict(), event.basis(),
                event.decided_by());
}

absl::Status Fold(Draft& draft, const v1::ReceiptsClosed& event) {
  for (const std::string& id : event.stop_ids()) {
    const auto key = ParseStopId(id);
    if (!key || !draft.receipts.Contains(*key)) return CantFold("ReceiptsClosed");
    Receipt& receipt = draft.receipts.Mutate(*key);
    receipt.closed = true;
    draft.timers.Erase(TimerAt(receipt.dispute_until, TimerKind::kDisputeEnd, *key));
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
