#include "common/host/incarnation.h"

#include <random>

namespace sanyuan::host {

std::string NewIncarnation() {
  constexpr size_t kBytes = 16;
  std::random_device random;
  std::string bytes;
  while (bytes.size() < kBytes) bytes.push_back(static_cast<char>(random()));
  return bytes;
}

}  // namespace sanyuan::host
