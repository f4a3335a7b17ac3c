// What tells the starts of a writer apart. Any thread.
#ifndef SANYUAN_COMMON_HOST_INCARNATION_H_
#define SANYUAN_COMMON_HOST_INCARNATION_H_

#include <string>

namespace sanyuan::host {

// 16 bytes, drawn at random: PartitionOptions::incarnation.
std::string NewIncarnation();

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_INCARNATION_H_
