// What any engine that keeps journals must do, as tests against the port in common/log/log.h alone. An engine
// is put under them by INSTANTIATE_TEST_SUITE_P(Name, LogConformance, ::testing::Values(engine)).
//
// The crash test starts the test's own executable again as the process to be killed; so an engine must be
// found again from another process by its location.
#ifndef SANYUAN_TESTS_ENGINE_LOG_CONFORMANCE_H_
#define SANYUAN_TESTS_ENGINE_LOG_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "common/log/log.h"

namespace sanyuan::log {

class EngineUnderTest {
 public:
  virtual ~EngineUnderTest() = default;
  // Opens the logs at this location, again each time; the one before was destroyed or its process killed.
  // Topics hold records of up to 1 MiB.
  virtual std::unique_ptr<Log> Open() = 0;
  // The same with a queue of at most 64 records or 64 KiB a producer.
  virtual std::unique_ptr<Log> OpenWithSmallQueue() = 0;
  // Makes an empty topic of so many partitions known, if the engine wants that. Called before Open.
  virtual void CreateTopic(const std::string& topic, int partitions) = 0;
  virtual std::string location() const = 0;
};

struct Engine {
  // Whatever is at `location`, by this or another process; empty: a new, empty location, which goes with the
  // returned object.
  std::function<std::unique_ptr<EngineUnderTest>(const std::string& location)> at;
};

class LogConformance : public ::testing::TestWithParam<Engine> {};

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_LOG_CONFORMANCE_H_
