#include "services/delivery_tracking/domain/suspicion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/device_stream.h"
#include "services/delivery_tracking/domain/receipt.h"
#include "services/delivery_tracking/domain/report.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

constexpr uint32_t Bit(v1::SuspicionRule rule) { return 1U << rule; }

// What is found out about one receipt.
struct Judgement {
  uint32_t rules = 0;
  bool waiting = false;
  std::set<StopKey> compared;  // Other receipts that a rule hits together with this one.
  std::set<Code> related;      // Their licences.
};

bool IsDecidedByPeople(v1::ReceiptState state) { return state >= v1::RECEIPT_STATE_CONFIRMED_DIRECT; }

struct Use {
  ProofUse use;
  Digest what;
  v1::SuspicionRule rule;
};

// The keyed hash of the receiver's phone; empty when nobody was identified.
std::string PhoneHash(const Draft& draft, const StopKey& key) {
  const ReceiptPhone* phone = draft.receipt_phones.Find(key);
  return phone == nullptr ? "" : phone->hash;
}

std::vector<Use> UsesOf(const Draft& draft, const StopKey& key, const Receipt& receipt) {
  std::vector<Use> uses;
  if (!receipt.card_id.empty()) {
    uses.push_back({ProofUse::kCard, Sha256(receipt.card_id), v1::SUSPICION_RULE_CARD_REUSED});
  }
  if (const std::string phone = PhoneHash(draft, key); !phone.empty()) {
    uses.push_back({ProofUse::kPhone, Sha256(phone), v1::SUSPICION_RULE_PHONE_REUSED});
  }
  for (const Digest& image : {receipt.signature, receipt.photo}) {
    if (image != Digest{}) uses.push_back({ProofUse::kImage, image, v1::SUSPICION_RULE_SIGNATURE_REUSED});
  }
  return uses;
}

std::string RunLine(const StopKey& stop) { return fmt::format("run {}", IdText(stop.run())); }
std::string BootLine(const Origin& origin) {
  // Device keys and installation ids hold no blanks.
  return "boot " + origin.stream.device_key + " " + origin.stream.installation_id + " " + origin.boot_id;
}

void CompareUses(const Draft& draft, const StopKey& key, const Receipt& receipt, const Rules& rules,
                 Judgement& judgement) {
  for (const Use& use : UsesOf(draft, key, receipt)) {
    std::set<StopKey> others;
    std::set<Code> licences = {receipt.licence};
    draft.uses.ForEachFrom(
        {key.county, use.use, use.what, Code(), StopKey()}, [&](const UseKey& at, const Present&) {
          if (at.county != key.county || at.use != use.use || at.what != use.what) return false;
          if (at.stop == key || std::abs(at.stop.date - key.date) > rules.shared_proof_days) return true;
          const bool another_shop = at.licence != receipt.licence;
          // The same image file twice is no second signature, not even of the same shop.
          if (another_shop || use.use == ProofUse::kImage) others.insert(at.stop);
          licences.insert(at.licence);
          return true;
        });
    const bool image_twice =
        use.use == ProofUse::kImage && !others.empty() && rules.shared_proof_licences <= 2;
    if (static_cast<int32_t>(licences.size()) < rules.shared_proof_licences && !image_twice) continue;
    judgement.rules |= Bit(use.rule);
    judgement.compared.insert(others.begin(), others.end());
    licences.erase(receipt.licence);
    judgement.related.insert(licences.begin(), licences.end());
  }
}

void CompareMoments(const Draft& draft, const StopKey& key, const Receipt& receipt, const Rules& rules,
                    Judgement& judgement) {
  const GeoPoint* shop = ShopPosition(draft, key.county, receipt.licence, rules);
  if (!shop) return;
  const int64_t apart_us = int64_t{rules.receipts_apart_seconds} * 1'000'000;
  const auto compare = [&](const std::string& line, int64_t at_us) {
    draft.moments.ForEachFrom(
        {key.county, line, at_us - apart_us + 1, StopKey()}, [&](const MomentKey& at, const Present&) {
          if (at.county != key.county || at.line != line || at.at_us >= at_us + apart_us) return false;
          const Receipt* other = at.stop == key ? nullptr : draft.receipts.Find(at.stop);
          if (!other || other->licence == receipt.licence) return true;
          const GeoPoint* other_shop = ShopPosition(draft, key.county, other->licence, rules);
          if (other_shop && DistanceMetres(*shop, *other_shop) > rules.receipts_apart_m) {
            judgement.rules |= Bit(v1::SUSPICION_RULE_TOO_FAST);
            judgement.compared.insert(at.stop);
          }
          return true;
        });
  };
  compare(BootLine(receipt.origin), receipt.origin.since_boot_us);
  if (receipt.time.corrected) compare(RunLine(key), absl::ToUnixMicros(*receipt.time.corrected));
}

// By the same counter where both come from one start of a device, by their numbers within one stream, by
// proved times otherwise.
bool IsBeforeArrival(const Receipt& receipt, const Arrival& arrival) {
  if (receipt.origin.stream == arrival.origin.stream) {
    return receipt.origin.boot_id == arrival.origin.boot_id
               ? receipt.origin.since_boot_us < arrival.origin.since_boot_us
               : receipt.origin.sequence < arrival.origin.sequence;
  }
  return receipt.time.corrected && arrival.time.corrected &&
         *receipt.time.corrected < *arrival.time.corrected;
}

void CompareArrival(const Draft& draft, const StopKey& key, const Receipt& receipt, bool give_up,
                    Judgement& judgement) {
  const Stop& stop = *draft.stops.Find(key);
  if (stop.arrival) {
    if (IsBeforeArrival(receipt, *stop.arrival)) judgement.rules |= Bit(v1::SUSPICION_RULE_BEFORE_ARRIVAL);
    return;
  }
  const StreamRow* stream = draft.streams.Find({key.county, receipt.origin.stream});
  // What was given up once is not waited for again when the receipt is only compared with another one.
  const bool given_up = give_up || HasRule(receipt.rules, v1::SUSPICION_RULE_BEFORE_ARRIVAL);
  if (!given_up && !(stream && HasAllUpTo(stream->ranges, receipt.origin.sequence))) {
    judgement.waiting = true;
  } else {
    judgement.rules |= Bit(v1::SUSPICION_RULE_BEFORE_ARRIVAL);
  }
}

uint32_t OwnRules(const Draft& draft, const StopKey& key, const Receipt& receipt) {
  uint32_t rules = 0;
  for (const Proof& proof : receipt.proofs) {
    if (proof.result != v1::PROOF_RESULT_FALSE) continue;
    const bool far = proof.kind == v1::PROOF_KIND_GEOFENCE && receipt.distance_m &&
                     *receipt.distance_m > RulesOf(draft, *draft.runs.Find(key.run())).geofence_m;
    rules |= Bit(far ? v1::SUSPICION_RULE_TOO_FAR : v1::SUSPICION_RULE_PROOF_FALSE);
  }
  if (receipt.receiver == v1::RECEIVER_KIND_STAFF) rules |= Bit(v1::SUSPICION_RULE_RECEIVER_IS_STAFF);
  if (receipt.receiver == v1::RECEIVER_KIND_UNKNOWN && !PhoneHash(draft, key).empty()) {
    rules |= Bit(v1::SUSPICION_RULE_RECEIVER_NOT_AUTHORISED);
  }
  const Retailer* shop = draft.retailers.Find({key.county, receipt.licence});
  if (receipt.at_pickup_point && !(shop && HasPickupAgreement(*shop, key.date))) {
    rules |= Bit(v1::SUSPICION_RULE_PICKUP_WITHOUT_AGREEMENT);
  }
  const Staff* staff = draft.staff.Find({key.county, receipt.origin.staff});
  if (staff && std::find(staff->relatives.begin(), staff->relatives.end(), receipt.licence) !=
                   staff->relatives.end()) {
    rules |= Bit(v1::SUSPICION_RULE_RELATIVE_OF_STAFF);
  }
  return rules;
}

Judgement Judge(const Draft& draft, const StopKey& key, const Receipt& receipt, bool give_up) {
  const Rules& rules = RulesOf(draft, *draft.runs.Find(key.run()));
  Judgement judgement;
  judgement.rules = receipt.rules | OwnRules(draft, key, receipt);
  CompareUses(draft, key, receipt, rules, judgement);
  CompareMoments(draft, key, receipt, rules, judgement);
  CompareArrival(draft, key, receipt, give_up, judgement);
  return judgement;
}

v1::ReceiptState StateOf(const Draft& draft, const StopKey& key, const Receipt& receipt,
                         const Judgement& judgement) {
  if (judgement.rules != 0) return v1::RECEIPT_STATE_SUSPECT;
  const int32_t needed = RulesOf(draft, *draft.runs.Find(key.run())).minimum_proofs;
  if (judgement.waiting || receipt.at_pickup_point || receipt.receiver == v1::RECEIVER_KIND_UNKNOWN ||
      TrueProofs(receipt) < needed) {
    return v1::RECEIPT_STATE_CAPTURED;
  }
  return receipt.time.corrected ? v1::RECEIPT_STATE_AUTO_VERIFIED : v1::RECEIPT_STATE_TIME_UNVERIFIED;
}

void AddRules(uint32_t rules, google::protobuf::RepeatedField<int>& out) {
  for (int rule = v1::SuspicionRule_MIN; rule <= v1::SuspicionRule_MAX; ++rule) {
    if (HasRule(rules, static_cast<v1::SuspicionRule>(rule))) out.Add(rule);
  }
}

void Suspect(Decision& decision, const StopKey& key, const Receipt& before, const Judgement& judgement) {
  v1::Event event;
  v1::ProxyReceiptSuspected& suspected = *event.mutable_proxy_receipt_suspected();
  suspected.set_stop_id(IdText(key));
  suspected.set_county_code(CountyText(key.county));
  suspected.set_run_id(IdText(key.run()));
  suspected.set_licence(before.licence.str());
  AddRules(judgement.rules, *suspected.mutable_rules());
  CodesTo(decision.draft().runs.Find(key.run())->crew, *suspected.mutable_crew_staff_ids());
  suspected.set_staff_id(before.origin.staff.str());
  suspected.set_route_id(key.route.str());
  suspected.set_delivery_date(DateText(key.date));
  suspected.set_first(before.state != v1::RECEIPT_STATE_SUSPECT);
  for (const Code& licence : judgement.related) suspected.add_related_licences(licence.str());
  decision.Emit(std::move(event));
}

// Staff may not receive: who did is on record as such, beside the clue (R79).
void RecordStaffReceiver(Decision& decision, const StopKey& key) {
  const auto staff = FindStaffByPhone(decision.draft(), key.county, PhoneHash(decision.draft(), key));
  if (!staff) return;
  v1::Event event;
  v1::ForbiddenActionAttempted& attempt = *event.mutable_forbidden_action_attempted();
  attempt.set_county_code(CountyText(key.county));
  attempt.set_staff_id(staff->str());
  attempt.set_role(common::v1::ROLE_DELIVERY_STAFF);
  attempt.set_action("receive goods");
  attempt.set_subject(IdText(key));
  attempt.set_reason(common::v1::REASON_RECEIVER_IS_STAFF);
  decision.Emit(std::move(event));
}

void JudgeOne(Decision& decision, const StopKey& key, bool give_up, std::set<StopKey>& compared) {
  const Receipt receipt = *decision.draft().receipts.Find(key);
  const Judgement judgement = Judge(decision.draft(), key, receipt, give_up);
  compared.insert(judgement.compared.begin(), judgement.compared.end());
  if (IsDecidedByPeople(receipt.state)) return;
  const v1::ReceiptState state = StateOf(decision.draft(), key, receipt, judgement);
  if (state == receipt.state && judgement.rules == receipt.rules && judgement.waiting == receipt.waiting)
    return;
  v1::Event event;
  v1::ReceiptJudged& judged = *event.mutable_receipt_judged();
  judged.set_stop_id(IdText(key));
  judged.set_county_code(CountyText(key.county));
  judged.set_licence(receipt.licence.str());
  judged.set_state(state);
  judged.set_waiting(judgement.waiting);
  AddRules(judgement.rules, *judged.mutable_rules());
  decision.Emit(std::move(event));
  if (state != v1::RECEIPT_STATE_SUSPECT || judgement.rules == receipt.rules) return;
  Suspect(decision, key, receipt, judgement);
  const uint32_t added = judgement.rules & ~receipt.rules;
  if (HasRule(added, v1::SUSPICION_RULE_RECEIVER_IS_STAFF)) RecordStaffReceiver(decision, key);
}

TimerKey GiveUpTimer(const Draft& draft, const StopKey& key, const Receipt& receipt) {
  const int32_t days = RulesOf(draft, *draft.runs.Find(key.run())).device_queue_days;
  return TimerAt(receipt.time.received_at + absl::Hours(24) * days, TimerKind::kGiveUpWaiting, key);
}

}  // namespace

void JudgeReceipts(Decision& decision, const std::set<StopKey>& receipts) {
  std::set<StopKey> compared;
  for (const StopKey& key : receipts) JudgeOne(decision, key, false, compared);
  // The comparisons are mutual: what a receipt is compared with needs no further round.
  std::set<StopKey> ignored;
  for (const StopKey& key : compared) {
    if (!receipts.contains(key)) JudgeOne(decision, key, false, ignored);
  }
}

void FireGiveUpWaiting(Decision& decision, const StopKey& stop) {
  std::set<StopKey> ignored;
  JudgeOne(decision, stop, true, ignored);
}

std::set<StopKey> NoLongerWaiting(const Draft& draft, County county, const Stream& stream) {
  std::set<StopKey> found;
  const StreamRow* row = draft.streams.Find({county, stream});
  draft.waiting.ForEachFrom({county, stream, 0, StopKey()}, [&](const WaitingKey& key, const Present&) {
    if (key.county != county || key.stream != stream) return false;
    if (!row || !HasAllUpTo(row->ranges, key.sequence)) return false;
    found.insert(key.stop);
    return true;
  });
  return found;
}

void EndWaiting(Draft& draft, const StopKey& stop) {
  Receipt& receipt = draft.receipts.Mutate(stop);
  if (!receipt.waiting) return;
  draft.waiting.Erase({stop.county, receipt.origin.stream, receipt.origin.sequence, stop});
  draft.timers.Erase(GiveUpTimer(draft, stop, receipt));
  receipt.waiting = false;
}

void IndexReceipt(Draft& draft, const StopKey& stop, const Receipt& receipt) {
  for (const Use& use : UsesOf(draft, stop, receipt))
    draft.uses.Put({stop.county, use.use, use.what, receipt.licence, stop}, {});
  draft.moments.Put({stop.county, BootLine(receipt.origin), receipt.origin.since_boot_us, stop}, {});
  if (receipt.time.corrected) {
    draft.moments.Put({stop.county, RunLine(stop), absl::ToUnixMicros(*receipt.time.corrected), stop}, {});
  }
}

std::optional<Code> FindStaffByPhone(const Draft& draft, County county, const std::string& phone_hash) {
  std::optional<Code> found;
  if (phone_hash.empty()) return found;
  draft.staff_phones.ForEachFrom({county, phone_hash, Code()}, [&](const StaffPhoneKey& key, const Present&) {
    if (key.county == county && key.phone_hash == phone_hash) found = key.staff;
    return false;
  });
  return found;
}

bool HasPickupAgreement(const Retailer& shop, Date date) {
  return shop.pickup && shop.pickup->valid_from <= date &&
         (shop.pickup->valid_to == 0 || date <= shop.pickup->valid_to);
}

absl::Status Fold(Draft& draft, const v1::ReceiptJudged& event) {
  const auto key = ParseStopId(event.stop_id());
  if (!key || !draft.receipts.Contains(*key)) return CantFold("ReceiptJudged");
  Receipt& receipt = draft.receipts.Mutate(*key);
  receipt.state = event.state();
  receipt.rules = 0;
  for (int rule : event.rules()) {
    if (rule <= 0 || rule > v1::SuspicionRule_MAX) return CantFold("ReceiptJudged: rules");
    receipt.rules |= Bit(static_cast<v1::SuspicionRule>(rule));
  }
  if (!event.waiting()) EndWaiting(draft, *key);
  if (event.waiting() && !receipt.waiting) {
    draft.waiting.Put({key->county, receipt.origin.stream, receipt.origin.sequence, *key}, {});
    draft.timers.Put(GiveUpTimer(draft, *key, receipt), {});
    receipt.waiting = true;
  }
  return absl::OkStatus();
}

}  // namespace sanyuan::delivery_tracking
