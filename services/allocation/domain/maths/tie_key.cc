#include "services/allocation/domain/maths/tie_key.h"

#include <cstdint>
#include <utility>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

constexpr int64_t kMaxFieldBytes = 1 << 20;

void AppendField(std::string_view field, std::string& message) {
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(field.size() >> shift));
  message.append(field);
}

}  // namespace

TieKeys::TieKeys(std::string_view secret, std::string prefix)
    : hmac_(secret), message_(std::move(prefix)), prefix_bytes_(message_.size()) {}

absl::StatusOr<TieKeys> TieKeys::Create(std::string_view secret, std::string_view cycle,
                                        std::string_view sku) {
  absl::Status status =
      CheckRange("bytes of the secret", static_cast<int64_t>(secret.size()), kMinSecretBytes, kMaxFieldBytes);
  status.Update(CheckRange("bytes of cycle", static_cast<int64_t>(cycle.size()), 0, kMaxFieldBytes));
  status.Update(CheckRange("bytes of sku", static_cast<int64_t>(sku.size()), 0, kMaxFieldBytes));
  if (!status.ok()) return status;

  std::string prefix;
  AppendField(cycle, prefix);
  AppendField(sku, prefix);
  return TieKeys(secret, std::move(prefix));
}

TieKey TieKeys::Of(std::string_view licence) {
  message_.resize(prefix_bytes_);
  AppendField(licence, message_);
  return hmac_.Of(message_);
}

}  // namespace sanyuan::allocation
