#include "services/allocation/domain/maths/tie_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

constexpr int64_t kMaxFieldBytes = 1 << 20;

void AppendField(std::string_view field, std::string& message) {
  for (int shift = 24; shift >= 0; shift -= 8) message.push_back(static_cast<char>(field.size() >> shift));
  message.append(field);
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

evp_mac_ctx_st* NewHmacSha256(std::string_view secret) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  if (mac == nullptr) return nullptr;
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  if (context != nullptr && EVP_MAC_init(context, Bytes(secret), secret.size(), params.data()) != 1) {
    EVP_MAC_CTX_free(context);
    return nullptr;
  }
  return context;
}

}  // namespace

void TieKeys::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

TieKeys::TieKeys(Context context, std::string prefix)
    : context_(std::move(context)), message_(std::move(prefix)), prefix_bytes_(message_.size()) {}

absl::StatusOr<TieKeys> TieKeys::Create(std::string_view secret, std::string_view cycle,
                                        std::string_view sku) {
  absl::Status status =
      CheckRange("bytes of the secret", static_cast<int64_t>(secret.size()), kMinSecretBytes, kMaxFieldBytes);
  status.Update(CheckRange("bytes of cycle", static_cast<int64_t>(cycle.size()), 0, kMaxFieldBytes));
  status.Update(CheckRange("bytes of sku", static_cast<int64_t>(sku.size()), 0, kMaxFieldBytes));
  if (!status.ok()) return status;

  Context context(NewHmacSha256(secret));
  if (context == nullptr) return absl::InternalError("OpenSSL offers no HMAC-SHA256");
  std::string prefix;
  AppendField(cycle, prefix);
  AppendField(sku, prefix);
  return TieKeys(std::move(context), std::move(prefix));
}

TieKey TieKeys::Of(std::string_view licence) {
  message_.resize(prefix_bytes_);
  AppendField(licence, message_);
  TieKey key;
  size_t written = 0;
  // Without a key this starts anew with the expanded one.
  if (EVP_MAC_init(context_.get(), nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context_.get(), Bytes(message_), message_.size()) != 1 ||
      EVP_MAC_final(context_.get(), key.bytes.data(), &written, key.bytes.size()) != 1 ||
      written != key.bytes.size()) {
    std::abort();
  }
  return key;
}

}  // namespace sanyuan::allocation
