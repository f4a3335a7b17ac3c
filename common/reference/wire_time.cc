#include "common/reference/wire_time.h"

namespace sanyuan::reference {
namespace {

constexpr int64_t kLastSecond = 7258118399;  // 2199-12-31T23:59:59Z
constexpr int32_t kNanosOfSecond = 1000000000;
constexpr int32_t kNanosOfMicro = 1000;

}  // namespace

bool IsWireTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= 0 && time.seconds() <= kLastSecond && time.nanos() >= 0 &&
         time.nanos() < kNanosOfSecond && time.nanos() % kNanosOfMicro == 0;
}

absl::Time FromWireTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / kNanosOfMicro);
}

google::protobuf::Timestamp ToWireTime(absl::Time time) {
  google::protobuf::Timestamp wire;
  const int64_t seconds = absl::ToUnixSeconds(time);
  wire.set_seconds(seconds);
  wire.set_nanos(static_cast<int32_t>(absl::ToUnixMicros(time) - seconds * 1000000) * kNanosOfMicro);
  return wire;
}

}  // namespace sanyuan::reference
