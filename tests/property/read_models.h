// Invariant 30: a read model gives the same whatever was delivered to it again, and from how far back.
//
// A domain's decisions are folded one after the other and projected as a host projects them. Then the same records
// are delivered with repeats and from earlier positions, and the rows are built anew from the last state alone.
#ifndef SANYUAN_TESTS_PROPERTY_READ_MODELS_H_
#define SANYUAN_TESTS_PROPERTY_READ_MODELS_H_

#include <rapidcheck.h>

#include <vector>

#include "common/partition/domain.h"
#include "common/view/view_store.h"
#include "tests/support/memory_view.h"

namespace sanyuan::testing {

// To be called inside a property. `records` are those of a Decider: stamp and serialized events.
template <typename Records>
void CheckReadModels(const Records& records, partition::Domain& fresh, const view::Projection& projection) {
  std::vector<std::vector<view::ViewRow>> deliveries;
  for (const auto& record : records) {
    const uint64_t height = deliveries.size() + 1;
    partition::Stamp stamp = record.stamp;
    stamp.height = height;
    fresh.store().BeginRecord(height);
    for (const std::string& bytes : record.events) {
      const partition::EventPtr event = fresh.NewEvent();
      RC_ASSERT(event->ParseFromString(bytes));
      RC_ASSERT(fresh.Evolve(*event, stamp).ok());
    }
    fresh.store().Accept(height);
    std::vector<view::ViewRow>& rows = deliveries.emplace_back();
    for (const state::Change& change : fresh.store().TakeChanges()) projection.Project(change, rows);
  }
  MemoryView once;
  for (const auto& rows : deliveries) once.Apply(rows);

  MemoryView redelivered;
  size_t next = 0;
  for (int round = 0; round < 4 && !deliveries.empty(); ++round) {
    // Up to some record, then again from some earlier one on.
    const size_t to = *rc::gen::inRange<size_t>(next, deliveries.size() + 1);
    for (; next < to; ++next) {
      const int times = *rc::gen::inRange(1, 3);
      for (int i = 0; i < times; ++i) redelivered.Apply(deliveries[next]);
    }
    next = *rc::gen::inRange<size_t>(0, next + 1);
  }
  for (; next < deliveries.size(); ++next) redelivered.Apply(deliveries[next]);
  RC_ASSERT(redelivered.rows() == once.rows());

  MemoryView anew;
  std::vector<view::ViewRow> rows;
  for (const state::Change& change : fresh.store().AcceptedRows()) projection.Project(change, rows);
  anew.Apply(rows);
  RC_ASSERT(anew.rows() == once.rows());
}

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_PROPERTY_READ_MODELS_H_
