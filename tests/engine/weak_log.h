// The embedded log with one weakness, for the control of the conformance suite.
#ifndef SANYUAN_TESTS_ENGINE_WEAK_LOG_H_
#define SANYUAN_TESTS_ENGINE_WEAK_LOG_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/engine/log_conformance.h"

namespace sanyuan::log {

enum class Weakness : uint8_t {
  kNone,
  kLosesARecord,
  kDeliversTwice,
  kSwapsNeighbours,
  kFlipsAByte,
  kTellsTheEndTooEarly,
  kNeverTellsTheEnd,
  kStartsAtTheBeginning,
  kTakesAnyOffset,
  kSwallowsAppends,
  kRefusesNothing,
  kReadsTheNextRecord,
  kForgets,
};

std::unique_ptr<EngineUnderTest> MakeWeakEngine(Weakness weakness, const std::string& location);

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_WEAK_LOG_H_
