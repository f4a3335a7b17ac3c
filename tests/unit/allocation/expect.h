// What tests of allocation ask of an outcome. Refused(outcome, REASON, field) is true when that refusal is among
// those given.
#ifndef SANYUAN_TESTS_UNIT_ALLOCATION_EXPECT_H_
#define SANYUAN_TESTS_UNIT_ALLOCATION_EXPECT_H_

#include <gtest/gtest.h>

#include <string>

#include "common/partition/domain.h"

namespace sanyuan::testing {

inline const common::v1::Refusal* FindRefusal(const partition::Outcome& outcome, common::v1::Reason reason,
                                              const std::string& field) {
  for (const common::v1::Refusal& refusal : outcome.refusals) {
    if (refusal.reason() == reason && refusal.field() == field) return &refusal;
  }
  return nullptr;
}

inline ::testing::AssertionResult Refused(const partition::Outcome& outcome, common::v1::Reason reason,
                                          const std::string& field) {
  if (FindRefusal(outcome, reason, field) != nullptr) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure() << "refusals:";
  for (const common::v1::Refusal& refusal : outcome.refusals) failure << "\n  " << refusal.ShortDebugString();
  return failure;
}

inline ::testing::AssertionResult Accepted(const partition::Outcome& outcome) {
  if (!outcome.refused() && outcome.not_ready.empty()) return ::testing::AssertionSuccess();
  auto failure = ::testing::AssertionFailure() << outcome.not_ready << " refusals:";
  for (const common::v1::Refusal& refusal : outcome.refusals) failure << "\n  " << refusal.ShortDebugString();
  return failure;
}

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_UNIT_ALLOCATION_EXPECT_H_
