#include "services/allocation/domain/agreement_term.h"

#include <set>

#include "services/allocation/domain/agreement_rules.h"
#include "services/allocation/domain/allowance.h"
#include "services/allocation/domain/policy.h"

namespace sanyuan::allocation {
namespace {

constexpr size_t kAgreementsAtOnce = 500;

template <typename Visit>
void ForEachOfLicence(const State& state, County county, Code licence, Visit visit) {
  state.agreements_of.ForEachFrom({county, licence, ""}, [&](const LicenceIdKey& key, const NoRow&) {
    if (key.county != county || key.licence != licence) return false;
    visit(key.id, *state.agreements.Find({county, key.id}));
    return true;
  });
}

class Turn {
 public:
  Turn(const State& state, const Stamp& stamp, std::vector<partition::EventPtr>& events)
      : state_(state), stamp_(stamp), events_(events) {}

  void End(const std::string& id, v1::AgreementState how) {
    if (!ended_.insert(id).second) return;
    auto* event = AddEvent(events_).mutable_agreement_ended();
    event->set_agreement_id(id);
    event->set_state(how);
  }

  void Activate(const IdKey& key, const Agreement& row) {
    if (ended_.contains(key.id)) return;
    ForEachOfLicence(state_, key.county, row.licence, [&](const std::string& id, const Agreement& other) {
      const bool older =
          other.state == v1::AGREEMENT_STATE_ACTIVE || other.state == v1::AGREEMENT_STATE_SUSPENDED;
      if (id != key.id && older) End(id, v1::AGREEMENT_STATE_SUPERSEDED);
    });
    AddEvent(events_).mutable_agreement_activated()->set_agreement_id(key.id);
  }

  void Expire(const IdKey& key, const Agreement& row) {
    if (ended_.contains(key.id)) return;
    bool followed = false;
    ForEachOfLicence(state_, key.county, row.licence, [&](const std::string& id, const Agreement& other) {
      followed = followed || (id != key.id && other.from <= row.to + 1 &&
                              (other.state == v1::AGREEMENT_STATE_APPROVED ||
                               (other.state == v1::AGREEMENT_STATE_ACTIVE && other.from > row.from)));
    });
    const Policy* policy = PolicyAt(state_, key.county, stamp_.decided_at);
    if (!followed && row.state == v1::AGREEMENT_STATE_ACTIVE && policy != nullptr &&
        row.carried_months < policy->provisional_months) {
      AddCarried(key.id, row.to + 1, events_);
    } else {
      End(key.id, followed ? v1::AGREEMENT_STATE_SUPERSEDED : v1::AGREEMENT_STATE_EXPIRED);
    }
  }

  static void AddCarried(const std::string& id, MonthIndex to, std::vector<partition::EventPtr>& events) {
    auto* event = AddEvent(events).mutable_agreement_carried();
    event->set_agreement_id(id);
    event->set_to_month(MonthText(to));
  }

 private:
  const State& state_;
  const Stamp& stamp_;
  std::vector<partition::EventPtr>& events_;
  std::set<std::string> ended_;
};

}  // namespace

v1::AgreementState AddConsequencesOfApproval(const State& state, const IdKey& key, const Agreement& row,
                                             const Stamp& stamp, std::vector<partition::EventPtr>& events) {
  Turn turn(state, stamp, events);
  ForEachOfLicence(state, key.county, row.licence, [&](const std::string& id, const Agreement& other) {
    if (id != key.id && other.state == v1::AGREEMENT_STATE_APPROVED && other.from == row.from) {
      turn.End(id, v1::AGREEMENT_STATE_SUPERSEDED);
    }
  });
  const bool begun = row.from <= MonthOf(stamp.decided_at);
  if (begun) turn.Activate(key, row);
  AddAllowancesOfOpenMonths(state, key, row, stamp, events);
  return begun ? v1::AGREEMENT_STATE_ACTIVE : v1::AGREEMENT_STATE_APPROVED;
}

Outcome FireAgreements(const State& state, const Stamp& stamp) {
  Outcome outcome;
  Turn turn(state, stamp, outcome.events);
  const int64_t now_us = absl::ToUnixMicros(stamp.decided_at);
  size_t count = 0;
  state.timers.ForEachFrom(
      {INT64_MIN, TimerKind::kAgreement, 0, ""}, [&](const TimerKey& timer, const NoRow&) {
        if (timer.due_us > now_us || timer.kind != TimerKind::kAgreement || count == kAgreementsAtOnce)
          return false;
        ++count;
        const IdKey key{timer.owner, timer.id};
        const Agreement& row = *state.agreements.Find(key);
        switch (row.state) {
          case v1::AGREEMENT_STATE_PROPOSED:
            turn.End(key.id, v1::AGREEMENT_STATE_LAPSED);
            break;
          case v1::AGREEMENT_STATE_APPROVED:
            turn.Activate(key, row);
            break;
          default:
            turn.Expire(key, row);
        }
        return true;
      });
  return outcome;
}

void AddLicenceChange(const State& state, County county, Code licence, bool active, const Stamp& stamp,
                      std::vector<partition::EventPtr>& events) {
  ForEachOfLicence(state, county, licence, [&](const std::string& id, const Agreement& row) {
    if (!active && row.state == v1::AGREEMENT_STATE_ACTIVE) {
      AddEvent(events).mutable_agreement_suspended()->set_agreement_id(id);
    } else if (active && row.state == v1::AGREEMENT_STATE_SUSPENDED) {
      AddEvent(events).mutable_agreement_resumed()->set_agreement_id(id);
      AddAllowancesOfOpenMonths(state, {county, id}, row, stamp, events);
    } else if (active && row.state == v1::AGREEMENT_STATE_APPROVED) {
      // Opening passes licences by that are not active.
      AddAllowancesOfOpenMonths(state, {county, id}, row, stamp, events);
    }
  });
}

InForce AgreementFor(const State& state, const Policy& policy, County county, Code licence,
                     MonthIndex month) {
  InForce best;
  InForce ending;
  ForEachOfLicence(state, county, licence, [&](const std::string& id, const Agreement& row) {
    const bool stands = row.state == v1::AGREEMENT_STATE_ACTIVE || row.state == v1::AGREEMENT_STATE_APPROVED;
    if (!stands || row.from > month) return;
    if (row.to >= month) {
      if (best.row == nullptr || row.from > best.row->from) best = {id, &row, false};
    } else if (row.to + 1 == month && row.carried_months < policy.provisional_months) {
      if (ending.row == nullptr || row.from > ending.row->from) ending = {id, &row, true};
    }
  });
  return best.row != nullptr ? best : ending;
}

absl::Status Evolve(State& state, const v1::AgreementActivated& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(),
                         [](Agreement& row) { row.state = v1::AGREEMENT_STATE_ACTIVE; });
}

absl::Status Evolve(State& state, const v1::AgreementEnded& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) { row.state = event.state(); });
}

absl::Status Evolve(State& state, const v1::AgreementCarried& event, const Stamp& /*stamp*/) {
  const auto to = ParseMonth(event.to_month());
  if (!to) return Misfit("AgreementCarried");
  return ChangeAgreement(state, event.agreement_id(), [&](Agreement& row) {
    row.carried_months += *to - row.to;
    row.to = *to;
  });
}

absl::Status Evolve(State& state, const v1::AgreementSuspended& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(),
                         [](Agreement& row) { row.state = v1::AGREEMENT_STATE_SUSPENDED; });
}

absl::Status Evolve(State& state, const v1::AgreementResumed& event, const Stamp& /*stamp*/) {
  return ChangeAgreement(state, event.agreement_id(),
                         [](Agreement& row) { row.state = v1::AGREEMENT_STATE_ACTIVE; });
}

}  // namespace sanyuan::allocation
