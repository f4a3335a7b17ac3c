#include "common/log/log.h"

#include <fmt/format.h>

namespace sanyuan::log {

std::string TopicPartition::ToString() const { return fmt::format("{}/{}", topic, partition); }

}  // namespace sanyuan::log
