// The view that a county's journal gives, for tests of queries. Needs the context's view library. Thread safety: none.
#ifndef SANYUAN_TESTS_SUPPORT_THREE_MEMBER_VIEW_H_
#define SANYUAN_TESTS_SUPPORT_THREE_MEMBER_VIEW_H_

#include <gtest/gtest.h>

#include <vector>

#include "services/three_member_interaction/view.h"
#include "tests/support/memory_view.h"
#include "tests/support/three_member_county.h"

namespace sanyuan::testing {

// Folds and projects every decision of the county, from the first.
inline void Project(const ThreeMemberCounty& county, MemoryView& view) {
  three_member_interaction::ThreeMemberInteractionDomain domain;
  const three_member_interaction::ThreeMemberInteractionProjection projection;
  for (size_t i = 0; i < county.records().size(); ++i) {
    domain.store().BeginRecord(i + 1);
    for (const std::string& bytes : county.records()[i].events) {
      tmi::Event event;
      ASSERT_TRUE(event.ParseFromString(bytes));
      ASSERT_TRUE(domain.Evolve(event, county.records()[i].stamp).ok());
    }
    std::vector<view::ViewRow> rows;
    for (const state::Change& change : domain.store().TakeChanges()) projection.Project(change, rows);
    view.Apply(rows);
  }
}

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_THREE_MEMBER_VIEW_H_
