// Exactly once, and the same end whatever way events come (invariants 28 and 30).
//
// The same uploads in any order, cut in any way and repeated give the same state to the last bit, if they reach the
// server at the same time; at other times they give the same verdicts, and only what is defined by the time of
// receipt differs (when disputes end, until when a receipt waits). The plans hold everything but what is
// order-dependent by design: two reports of one stop that contradict each other, and an arrival that another device
// reports than the receipt.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "services/delivery_tracking/view.h"
#include "tests/property/delivery_tracking/delivery_plan.h"
#include "tests/property/read_models.h"

namespace sanyuan::testing {
namespace {

struct Batch {
  size_t device;
  std::vector<dt::DeviceEvent> events;
};

// Cuts each device's events into batches in a random order, some events in several of them, and mixes the
// devices' batches.
std::vector<Batch> Shuffled(const Day& day) {
  std::vector<Batch> batches;
  for (size_t d = 0; d < day.reported.size(); ++d) {
    std::vector<dt::DeviceEvent> events = day.reported[d].events;
    const size_t repeats = events.empty() ? 0 : *rc::gen::inRange<size_t>(0, events.size() + 1);
    for (size_t i = 0; i < repeats; ++i)
      events.push_back(events[*rc::gen::inRange<size_t>(0, events.size())]);
    std::vector<size_t> order(events.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[*rc::gen::inRange<size_t>(0, i)]);
    // Having nothing to say is an upload too: it shows when the device was started.
    if (order.empty()) batches.push_back({d, {}});
    size_t at = 0;
    while (at < order.size()) {
      const size_t size = *rc::gen::inRange<size_t>(1, order.size() - at + 1);
      Batch batch{d, {}};
      for (size_t i = 0; i < size; ++i) batch.events.push_back(events[order[at + i]]);
      batches.push_back(std::move(batch));
      at += size;
    }
  }
  for (size_t i = batches.size(); i > 1; --i)
    std::swap(batches[i - 1], batches[*rc::gen::inRange<size_t>(0, i)]);
  return batches;
}

RC_GTEST_PROP(UploadProperties, PermutedSplitAndRepeatedUploadsGiveTheSameState, ()) {
  const DayPlan plan = DayPlan::Draw();
  Day straight(plan);
  straight.UploadInOrder();
  Day mixed(plan);
  for (const Batch& batch : Shuffled(mixed)) {
    const Reported& from = mixed.reported[batch.device];
    const auto outcome = mixed.county->Upload(from.device->Batch(batch.events, UploadTime()), from.staff);
    RC_ASSERT(outcome.refusals.empty());
    RC_ASSERT(static_cast<size_t>(ResultsOf(outcome).results_size()) == batch.events.size());
  }
  RC_ASSERT(straight.county->status().ok());
  RC_ASSERT(mixed.county->status().ok());
  RC_ASSERT(straight.county->domain().store().BusinessDigests() ==
            mixed.county->domain().store().BusinessDigests());
  RC_ASSERT(straight.county->domain().store().StateDigest() == mixed.county->domain().store().StateDigest());
  // And as time goes on: timers find the same.
  for (Day* day : {&straight, &mixed}) day->county->Tick(At("2019-08-31 00:00"));
  RC_ASSERT(straight.county->status().ok());
  RC_ASSERT(straight.county->domain().store().StateDigest() == mixed.county->domain().store().StateDigest());
}

RC_GTEST_PROP(UploadProperties, ASettableClockChangesNoVerdict, ()) {
  const DayPlan plan = DayPlan::Draw();
  const auto hours = *rc::gen::inRange(-48, 49);
  Day honest(plan);
  Day shifted(plan, absl::Hours(hours));
  for (Day* day : {&honest, &shifted}) {
    day->UploadInOrder();
    day->county->Tick(At("2019-08-07 00:00"));
  }
  for (const std::string& id : honest.stops) {
    const auto& a = honest.county->stop(id);
    const auto& b = shifted.county->stop(id);
    RC_ASSERT(a.state == b.state);
    RC_ASSERT(a.punctuality == b.punctuality);
    RC_ASSERT(a.late_seconds == b.late_seconds);
    RC_ASSERT(a.arrival.has_value() == b.arrival.has_value());
    if (a.arrival) RC_ASSERT(a.arrival->time.corrected == b.arrival->time.corrected);
    const auto* x = honest.county->receipt(id);
    const auto* y = shifted.county->receipt(id);
    RC_ASSERT((x == nullptr) == (y == nullptr));
    if (x) {
      RC_ASSERT(x->state == y->state);
      RC_ASSERT(x->rules == y->rules);
      RC_ASSERT(x->dispute_until == y->dispute_until);
    }
  }
}

RC_GTEST_PROP(UploadProperties, HoursOrDaysLaterTheVerdictIsTheSame, ()) {
  const DayPlan plan = DayPlan::Draw();
  Day prompt(plan);
  prompt.UploadInOrder();
  Day late(plan);
  const absl::Time at = UploadTime() + absl::Hours(*rc::gen::inRange(1, 14 * 24));
  late.county->Tick(at);
  for (const Reported& from : late.reported)
    late.county->Upload(from.device->Batch(from.events, at), from.staff);
  RC_ASSERT(late.county->status().ok());
  for (const std::string& id : prompt.stops) {
    RC_ASSERT(prompt.county->stop(id).punctuality == late.county->stop(id).punctuality);
    const auto* x = prompt.county->receipt(id);
    const auto* y = late.county->receipt(id);
    RC_ASSERT((x == nullptr) == (y == nullptr));
    if (x) RC_ASSERT(x->rules == y->rules);
    if (x) RC_ASSERT(x->state == y->state);
  }
}

RC_GTEST_PROP(UploadProperties, InAnyOrderAndEachUploadAtItsOwnTimeTheVerdictIsTheSame, ()) {
  const DayPlan plan = DayPlan::Draw();
  Day prompt(plan);
  prompt.UploadInOrder();
  Day mixed(plan);
  absl::Time at = UploadTime();
  for (const Batch& batch : Shuffled(mixed)) {
    // Devices keep what they could not send for 14 days; until then nothing is given up.
    const auto left = absl::ToInt64Minutes(UploadTime() + absl::Hours(14 * 24) - at);
    if (*rc::gen::arbitrary<bool>()) at += absl::Minutes(*rc::gen::inRange<int64_t>(0, left / 2));
    mixed.county->Tick(at);
    const Reported& from = mixed.reported[batch.device];
    RC_ASSERT(mixed.county->Upload(from.device->Batch(batch.events, at), from.staff).refusals.empty());
  }
  for (Day* day : {&prompt, &mixed}) {
    day->county->Tick(At("2019-09-30 00:00"));
    RC_ASSERT(day->county->status().ok());
  }
  for (const std::string& id : prompt.stops) {
    RC_ASSERT(prompt.county->stop(id).state == mixed.county->stop(id).state);
    RC_ASSERT(prompt.county->stop(id).punctuality == mixed.county->stop(id).punctuality);
    RC_ASSERT(prompt.county->stop(id).delivered == mixed.county->stop(id).delivered);
    const auto* x = prompt.county->receipt(id);
    const auto* y = mixed.county->receipt(id);
    RC_ASSERT((x == nullptr) == (y == nullptr));
    if (x) RC_ASSERT(x->rules == y->rules);
    if (x) RC_ASSERT(x->state == y->state);
    if (x) RC_ASSERT(!x->waiting && !y->waiting);
  }
}

RC_GTEST_PROP(UploadProperties, ReplayAndSnapshotGiveTheLiveState, ()) {
  Day day(DayPlan::Draw());
  for (const Batch& batch : Shuffled(day)) {
    const Reported& from = day.reported[batch.device];
    day.county->Upload(from.device->Batch(batch.events, UploadTime()), from.staff);
  }
  day.county->Tick(At("2019-08-31 00:00"));
  const auto live = day.county->domain().store().StateDigest();
  RC_ASSERT(day.county->Replayed()->store().StateDigest() == live);
  delivery_tracking::DeliveryTrackingDomain loaded;
  RC_ASSERT(loaded.store().Load(day.county->domain().store().Capture().Encode()).ok());
  RC_ASSERT(loaded.store().StateDigest() == live);
  RC_ASSERT(day.county->status().ok());
}

RC_GTEST_PROP(UploadProperties, Invariant30ReadModelsAgreeAfterAnyRedelivery, ()) {
  Day day(DayPlan::Draw());
  for (const Batch& batch : Shuffled(day)) {
    const Reported& from = day.reported[batch.device];
    day.county->Upload(from.device->Batch(batch.events, UploadTime()), from.staff);
  }
  day.county->Tick(At("2019-08-31 00:00"));
  delivery_tracking::DeliveryTrackingDomain fresh;
  CheckReadModels(day.county->records(), fresh, delivery_tracking::DeliveryTrackingProjection());
}

}  // namespace
}  // namespace sanyuan::testing
