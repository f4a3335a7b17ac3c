#include "common/partition/domain.h"

#include "common/digest/digest.h"

namespace sanyuan::partition {
namespace {

// 130 bits in Crockford's base 32: no letters that people mistake for digits.
constexpr size_t kIdLength = 26;

std::string IdOf(County county, const Digest& digest) {
  constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id = CountyText(county) + "-";
  uint32_t bits = 0;
  int held = 0;
  size_t next = 0;
  for (size_t i = 0; i < kIdLength; ++i) {
    if (held < 5) {
      bits = (bits << 8) | digest.bytes[next++];
      held += 8;
    }
    held -= 5;
    id.push_back(kAlphabet[(bits >> held) & 31]);
  }
  return id;
}

}  // namespace

std::string DeriveId(County county, const Stamp& stamp, uint32_t ordinal) {
  const std::string_view request(reinterpret_cast<const char*>(stamp.request_id.data()),
                                 stamp.request_id.size());
  return IdOf(county, Sha256OfParts({CountyText(county), stamp.actor.id, stamp.method, request,
                                     std::to_string(ordinal)}));
}

std::string DeriveId(County county, std::string_view kind, std::string_view business_key) {
  return IdOf(county, Sha256OfParts({CountyText(county), kind, business_key}));
}

}  // namespace sanyuan::partition
