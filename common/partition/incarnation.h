// What tells the starts of a writer apart. Any thread.
#ifndef SANYUAN_COMMON_PARTITION_INCARNATION_H_
#define SANYUAN_COMMON_PARTITION_INCARNATION_H_

#include <string>

namespace sanyuan::partition {

// 16 bytes, drawn at random: PartitionOptions::incarnation.
std::string NewIncarnation();

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_INCARNATION_H_
