// Moments at which a kill is most likely to show a mistake, by name. In the product they are nothing. A test build
// (SANYUAN_CRASH_POINTS, see tests/chaos) can be told to die at one of them.
#ifndef SANYUAN_COMMON_PARTITION_CRASH_POINTS_H_
#define SANYUAN_COMMON_PARTITION_CRASH_POINTS_H_

#ifdef SANYUAN_CRASH_POINTS
#include <string_view>

namespace sanyuan::partition {

// Defined by the test build. Any thread; may not return.
void ReachCrashPoint(std::string_view name);

}  // namespace sanyuan::partition

#define SANYUAN_CRASH_POINT(name) ::sanyuan::partition::ReachCrashPoint(name)
#else
#define SANYUAN_CRASH_POINT(name) static_cast<void>(0)
#endif

#endif  // SANYUAN_COMMON_PARTITION_CRASH_POINTS_H_
