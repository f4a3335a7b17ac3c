// The brokers of deploy/local/kafka that tests/engine/with_engines.py started, for tests that break them.
//
// Thread safety: one thread at a time.
#ifndef SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_
#define SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_

#include <string>

namespace sanyuan::log {

class KafkaBrokers {
 public:
  KafkaBrokers();

  // HOST:PORT,... to begin with.
  const std::string& bootstrap() const { return bootstrap_; }
  const std::string& data() const { return data_; }

  // By number, from 1; returns when it has ended.
  void Kill(int number) const;
  // Starts those that do not run, and returns when all serve.
  void Up() const;
  // By its name with the prefix.
  void DeleteTopic(const std::string& name) const;

 private:
  const std::string bootstrap_;
  const std::string data_;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_
