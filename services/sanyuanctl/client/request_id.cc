#include "services/sanyuanctl/client/request_id.h"

#include <fmt/format.h>

#include <cstdint>

namespace sanyuan::ctl {

std::string RequestId(absl::Time at, const Digest& digest) {
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(at));
  uint64_t low = 0, high = 0;
  for (int i = 0; i < 8; ++i) {
    high = high << 8 | static_cast<uint8_t>(digest.view()[i]);
    low = low << 8 | static_cast<uint8_t>(digest.view()[8 + i]);
  }
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", millis >> 16, millis & 0xffff, high & 0xfff,
                     0x8000 | (high >> 12 & 0x3fff), low & 0xffffffffffff);
}

}  // namespace sanyuan::ctl
