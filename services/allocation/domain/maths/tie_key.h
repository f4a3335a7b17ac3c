// The lottery that decides who gets the odd carton: deterministic, auditable, drawn anew in every cycle.
//
//   tie key = HMAC-SHA256(secret, len(cycle) cycle len(sku) sku len(licence) licence)
//
// with each length as four bytes, big-endian, so that no two different triples give the same message. The
// secret's hash is published before the window and the secret after publication: nobody can know his key
// while he orders, and everybody can check it afterwards. The lower key comes first.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_TIE_KEY_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_TIE_KEY_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/digest/digest.h"

namespace sanyuan::allocation {

// Compared as 256-bit numbers, most significant byte first.
using TieKey = Digest;

// The tie keys of one SKU in one cycle. The expanded secret and the common prefix are reused, so 26,000
// keys take about 10 ms. Each field is at most 1 MiB; licences differ, or their keys would not.
//
// Thread-compatible: each thread needs its own (`Of` works in a buffer of the object). Movable.
class TieKeys {
 public:
  // A secret of at least 16 bytes, else it could be guessed before the window closes.
  static constexpr size_t kMinSecretBytes = 16;

  // INVALID_ARGUMENT for a short secret or an oversized field.
  static absl::StatusOr<TieKeys> Create(std::string_view secret, std::string_view cycle,
                                        std::string_view sku);

  TieKey Of(std::string_view licence);

 private:
  TieKeys(std::string_view secret, std::string prefix);

  HmacSha256 hmac_;
  std::string message_;
  size_t prefix_bytes_;
};

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_MATHS_TIE_KEY_H_
