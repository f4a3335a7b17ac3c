#include "common/log/kafka/broker_version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sanyuan::log::kafka {
namespace {

// Came with 3.7 (by KIP-848 and KIP-714) and are there in 3.9 and 4.1.
constexpr std::array kSince37 = {"group.coordinator.rebalance.protocols", "telemetry.max.bytes"};
// Named by every Kafka before 4.0. Its value is not the broker's version: during an upgrade it is that of the oldest one,
// and with KRaft it may be whatever somebody once wrote.
constexpr char kProtocol[] = "inter.broker.protocol.version";

}  // namespace

std::optional<std::string> TooOld(const std::map<std::string, std::string>& settings) {
  const auto protocol = settings.find(kProtocol);
  if (protocol == settings.end() || std::any_of(kSince37.begin(), kSince37.end(),
                                                [&](const char* name) { return settings.contains(name); })) {
    return std::nullopt;
  }
  return fmt::format("older ({} {})", kProtocol, protocol->second);
}

}  // namespace sanyuan::log::kafka
