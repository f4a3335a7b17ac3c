#include "common/state/codec.h"

namespace sanyuan::state {
namespace {

constexpr uint64_t kVarintMaxShift = 63;

}  // namespace

void Encoder::PutVarint(uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void Encoder::PutBytes(std::string_view bytes) {
  PutVarint(bytes.size());
  out_.append(bytes);
}

void Encoder::PutOther(const absl::Time& value) { Put(absl::ToUnixMicros(value)); }
void Encoder::PutOther(const absl::Duration& value) { Put(absl::ToInt64Microseconds(value)); }

uint64_t Decoder::GetVarint() {
  uint64_t value = 0;
  for (uint64_t shift = 0; shift <= kVarintMaxShift; shift += 7) {
    if (in_.empty()) break;
    const auto byte = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  Fail();
  return 0;
}

std::string_view Decoder::GetBytes(uint64_t size) {
  if (size > in_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = in_.substr(0, size);
  in_.remove_prefix(size);
  return bytes;
}

uint64_t Decoder::GetCount() {
  const uint64_t count = GetVarint();
  if (count > in_.size()) Fail();
  return ok_ ? count : 0;
}

void Decoder::GetOther(std::string& value) { value = GetBytes(GetVarint()); }

void Decoder::GetOther(Code& value) {
  const std::string_view text = GetBytes(GetVarint());
  if (text.empty()) {
    value = Code();
  } else if (Code::IsValid(text)) {
    value = Code(text);
  } else {
    Fail();
  }
}

void Decoder::GetOther(Digest& value) {
  const std::string_view bytes = GetBytes(value.bytes.size());
  if (ok_) value = DigestFromBytes(bytes);
}

void Decoder::GetOther(absl::Time& value) {
  int64_t micros = 0;
  Get(micros);
  // The two ends mean "never" and "always" and have no microseconds of their own.
  if (micros == INT64_MAX) {
    value = absl::InfiniteFuture();
  } else if (micros == INT64_MIN) {
    value = absl::InfinitePast();
  } else {
    value = absl::FromUnixMicros(micros);
  }
}

void Decoder::GetOther(absl::Duration& value) {
  int64_t micros = 0;
  Get(micros);
  value = absl::Microseconds(micros);
}

}  // namespace sanyuan::state
