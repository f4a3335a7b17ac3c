// Which brokers are too old. librdkafka keeps to itself which versions of which questions a broker knows, so it is told by
// the settings that a broker names.
//
// Thread safety: pure.
#ifndef SANYUAN_COMMON_LOG_KAFKA_BROKER_VERSION_H_
#define SANYUAN_COMMON_LOG_KAFKA_BROKER_VERSION_H_

#include <map>
#include <optional>
#include <string>

namespace sanyuan::log::kafka {

// Apache Kafka, least version.
inline constexpr char kLeastVersion[] = "3.7";

// What an operator reads of a broker that is older than kLeastVersion, by all of its settings; nullopt for one that is not,
// or of which that can't be told: it names few settings, as services do that only speak Kafka's protocol.
std::optional<std::string> TooOld(const std::map<std::string, std::string>& settings);

}  // namespace sanyuan::log::kafka

#endif  // SANYUAN_COMMON_LOG_KAFKA_BROKER_VERSION_H_
