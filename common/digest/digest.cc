#include "common/digest/digest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <cstring>
#include <memory>

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

Digest HmacSha256(std::string_view key, std::string_view data) {
  Digest out;
  unsigned int length = 0;
  Require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.bytes.data(), &length) !=
          nullptr);
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
