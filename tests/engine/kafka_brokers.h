// The brokers of deploy/local/kafka that tests/engine/with_engines.py started, for tests that break them.
//
// Thread safety: one thread at a time.
#ifndef SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_
#define SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_

#include <string>

struct rd_kafka_s;

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
  // Until every broker knows the topic of this name with the prefix: they learn of one that was just made one by one, and
  // for a client that asks the wrong one it is gone again.
  void WaitForTopic(const std::string& name) const;
  // By its name with the prefix.
  void DeleteTopic(const std::string& name) const;
  // Makes partitions until there are so many.
  void SetPartitions(const std::string& name, size_t count) const;
  // Flips a bit of all copies of a record where they lie, when all brokers have one: `before` bytes before the first
  // occurrence of `value` in partition 0 of the topic of this name with the prefix.
  void FlipBit(const std::string& topic, const std::string& value, int before) const;

 private:
  const std::string bootstrap_;
  const std::string data_;
};

// A stranger's transaction with one record in partition 0 of the topic of this name with the prefix, open until it is
// aborted or this ends.
class StrangersTransaction {
 public:
  StrangersTransaction(const KafkaBrokers& brokers, const std::string& topic);
  ~StrangersTransaction();
  StrangersTransaction(const StrangersTransaction&) = delete;
  StrangersTransaction& operator=(const StrangersTransaction&) = delete;

  void Abort();

 private:
  rd_kafka_s* producer_ = nullptr;
};

}  // namespace sanyuan::log

#endif  // SANYUAN_TESTS_ENGINE_KAFKA_BROKERS_H_
