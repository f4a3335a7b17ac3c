// Which partition a county belongs to: the same in every journal and on every engine. Kafka's own clients
// place a record with the county code as key on the same partition. Pure, any thread.
#ifndef SANYUAN_COMMON_PARTITION_PARTITIONER_H_
#define SANYUAN_COMMON_PARTITION_PARTITIONER_H_

#include <cstdint>
#include <string_view>

#include "common/state/code.h"

namespace sanyuan::partition {

// Murmur2 as Kafka's Java client computes it.
uint32_t Murmur2(std::string_view data);

// REQUIRES: partition_count > 0.
int32_t PartitionOf(County county, int32_t partition_count);

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_PARTITIONER_H_
