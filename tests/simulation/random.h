// The only source of chance in a round: one generator (SplitMix64), seeded once. Everything that a round does
// follows from its seed, on every machine. Thread safety: none; each round has its own.
#ifndef SANYUAN_TESTS_SIMULATION_RANDOM_H_
#define SANYUAN_TESTS_SIMULATION_RANDOM_H_

#include <cstdint>
#include <vector>

namespace sanyuan::simulation {

class Random {
 public:
  // The seed is mixed: of states that are a step apart, one stream is the other's, a draw later.
  explicit Random(uint64_t seed) : state_(Mixed(seed + 0x632be59bd9b4e019)) {}

  uint64_t Next() { return Mixed(state_ += 0x9e3779b97f4a7c15); }
  // 0 to count - 1. REQUIRES: count > 0.
  size_t Below(size_t count) { return static_cast<size_t>(Next() % count); }
  // first to last, both included.
  int64_t Between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(Next() % static_cast<uint64_t>(last - first + 1));
  }
  bool Percent(uint64_t percent) { return Next() % 100 < percent; }

  template <typename T>
  const T& Pick(const std::vector<T>& of) {
    return of[Below(of.size())];
  }

 private:
  static uint64_t Mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

}  // namespace sanyuan::simulation

#endif  // SANYUAN_TESTS_SIMULATION_RANDOM_H_
