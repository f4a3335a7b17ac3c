#include "common/partition/frame.h"

#include <algorithm>
#include <cstring>

namespace sanyuan::partition {
namespace {

constexpr std::string_view kMagic = "SYJ1";
constexpr uint8_t kFrameVersion = 1;
constexpr size_t kIdAt = 8;
constexpr size_t kHeaderSize = 72;
constexpr size_t kDigestSize = 32;

void AppendBigEndian(uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = (value << 8) | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace

std::string Seal(Frame& frame) {
  std::string out;
  out.reserve(kHeaderSize + frame.payload.size() + kDigestSize);
  out.append(kMagic);
  out.push_back(static_cast<char>(kFrameVersion));
  out.push_back(static_cast<char>(frame.kind));
  out.append(2, '\0');
  out.append(reinterpret_cast<const char*>(frame.journal_id.data()), frame.journal_id.size());
  AppendBigEndian(frame.term, out);
  AppendBigEndian(frame.height, out);
  out.append(frame.prev.view());
  out.append(frame.payload);
  frame.digest = Sha256(out);
  out.append(frame.digest.view());
  return out;
}

FrameError Parse(std::string_view bytes, Frame& frame) {
  if (bytes.size() < kHeaderSize + kDigestSize || !bytes.starts_with(kMagic)) return FrameError::kNotAFrame;
  const auto kind = static_cast<uint8_t>(bytes[5]);
  if (static_cast<uint8_t>(bytes[4]) != kFrameVersion || kind < static_cast<uint8_t>(FrameKind::kGenesis) ||
      kind > static_cast<uint8_t>(FrameKind::kRelease) || bytes[6] != 0 || bytes[7] != 0) {
    return FrameError::kUnknownVersion;
  }
  frame.kind = static_cast<FrameKind>(kind);
  std::memcpy(frame.journal_id.data(), bytes.data() + kIdAt, frame.journal_id.size());
  frame.term = ReadBigEndian(bytes.substr(24));
  frame.height = ReadBigEndian(bytes.substr(32));
  frame.prev = DigestFromBytes(bytes.substr(40));
  const std::string_view sealed = bytes.substr(0, bytes.size() - kDigestSize);
  frame.payload = sealed.substr(kHeaderSize);
  frame.digest = DigestFromBytes(bytes.substr(sealed.size()));
  return Sha256(sealed) == frame.digest ? FrameError::kNone : FrameError::kWrongDigest;
}

bool BearsId(std::string_view bytes, const JournalId& id) {
  return bytes.size() >= kIdAt + id.size() && std::memcmp(bytes.data() + kIdAt, id.data(), id.size()) == 0;
}

}  // namespace sanyuan::partition
