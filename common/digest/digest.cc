#include "common/digest/digest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <cstring>

namespace sanyuan {
namespace {

using Words = std::array<uint64_t, 4>;

void Require(bool ok) {
  if (!ok) std::abort();  // Only a broken OpenSSL gets here; a wrong digest must never be returned.
}

// Fetching the algorithm costs more than hashing a short record, so each thread fetches it once.
class Hasher {
 public:
  Hasher() : md_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), ctx_(EVP_MD_CTX_new()) {
    Require(md_ != nullptr && ctx_ != nullptr);
  }
  ~Hasher() {
    EVP_MD_CTX_free(ctx_);
    EVP_MD_free(md_);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void Begin() { Require(EVP_DigestInit_ex2(ctx_, md_, nullptr) == 1); }
  void Update(std::string_view data) { Require(EVP_DigestUpdate(ctx_, data.data(), data.size()) == 1); }
  Digest End() {
    Digest out;
    Require(EVP_DigestFinal_ex(ctx_, out.bytes.data(), nullptr) == 1);
    return out;
  }

 private:
  EVP_MD* md_;
  EVP_MD_CTX* ctx_;
};

Hasher& ThreadHasher() {
  thread_local Hasher hasher;
  return hasher;
}

Words WordsOf(const Digest& digest) {
  Words words;
  std::memcpy(words.data(), digest.bytes.data(), sizeof(words));
  return words;
}

void AddWords(Words& sum, const Words& other) {
  unsigned __int128 carry = 0;
  for (size_t i = 0; i < sum.size(); ++i) {
    carry += static_cast<unsigned __int128>(sum[i]) + other[i];
    sum[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
}

Words Negated(const Words& words) {
  Words out;
  for (size_t i = 0; i < words.size(); ++i) out[i] = ~words[i];
  AddWords(out, Words{1, 0, 0, 0});
  return out;
}

}  // namespace

std::string Digest::Hex() const { return fmt::format("{:02x}", fmt::join(bytes, "")); }

std::optional<std::string> BytesFromHex(const std::string& text) {
  std::string bytes(text.size() / 2, '\0');
  if (text.empty()) return bytes;
  size_t length = 0;
  if (OPENSSL_hexstr2buf_ex(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), &length,
                            text.c_str(), '\0') != 1 ||
      2 * length != text.size()) {
    ERR_clear_error();
    return std::nullopt;
  }
  return bytes;
}

Digest DigestFromBytes(std::string_view bytes) {
  Require(bytes.size() >= 32);
  Digest out;
  std::memcpy(out.bytes.data(), bytes.data(), out.bytes.size());
  return out;
}

Digest Sha256(std::string_view data) {
  Hasher& hasher = ThreadHasher();
  hasher.Begin();
  hasher.Update(data);
  return hasher.End();
}

Digest Sha256OfParts(std::initializer_list<std::string_view> parts) {
  Hasher& hasher = ThreadHasher();
  hasher.Begin();
  for (std::string_view part : parts) {
    std::array<char, 8> length;
    for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<char>(part.size() >> (8 * i));
    hasher.Update({length.data(), length.size()});
    hasher.Update(part);
  }
  return hasher.End();
}

void HmacSha256::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

HmacSha256::HmacSha256(std::string_view key) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  Require(mac != nullptr);
  context_.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  std::string name = "SHA256";
  const std::array<OSSL_PARAM, 2> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
  Require(context_ != nullptr &&
          EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                       params.data()) == 1);
}

Digest HmacSha256::Of(std::string_view data) {
  Digest out;
  size_t length = 0;
  // A context that was finished begins again with the same key.
  Require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
          EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(data.data()), data.size()) ==
              1 &&
          EVP_MAC_final(context_.get(), out.bytes.data(), &length, out.bytes.size()) == 1);
  return out;
}

void SetDigest::Add(std::string_view member) { AddWords(sum_, WordsOf(Sha256(member))); }

void SetDigest::Remove(std::string_view member) { AddWords(sum_, Negated(WordsOf(Sha256(member)))); }

void SetDigest::Merge(const SetDigest& other) { AddWords(sum_, other.sum_); }

Digest SetDigest::Value() const {
  Digest out;
  std::memcpy(out.bytes.data(), sum_.data(), sizeof(sum_));
  return out;
}

}  // namespace sanyuan
