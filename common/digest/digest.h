// SHA-256 and what the project builds on it: chain digests of journals, digests of folded state, keyed hashes.
// All functions are pure and may be called from any thread.
#ifndef SANYUAN_COMMON_DIGEST_DIGEST_H_
#define SANYUAN_COMMON_DIGEST_DIGEST_H_

#include <array>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;

namespace sanyuan {

// 256 bits, compared byte by byte. The default value (all zero) stands for "nothing yet".
struct Digest {
  std::array<uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  // Lower-case hexadecimal, 64 characters.
  std::string Hex() const;
};

// Takes the first 32 bytes of `bytes`. REQUIRES: at least 32 bytes.
Digest DigestFromBytes(std::string_view bytes);

// What pairs of hexadecimal digits of either case stand for; nullopt when the text is anything else.
std::optional<std::string> BytesFromHex(const std::string& text);

Digest Sha256(std::string_view data);

// Hashes the parts one after the other, each preceded by its length, so that no two different lists of
// parts can give the same digest.
Digest Sha256OfParts(std::initializer_list<std::string_view> parts);

// HMAC-SHA256 with a key that is expanded once and used for many messages. Thread-compatible: each thread needs
// its own. Movable.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  Digest Of(std::string_view data);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// The digest of a set of byte strings, kept up as members come and go, in any order: the sum of their
// SHA-256 values modulo 2^256. It finds accidents and hidden non-determinism; what proves the journal
// against a forger is the chain, not this sum.
class SetDigest {
 public:
  void Add(std::string_view member);
  // REQUIRES: `member` was added before.
  void Remove(std::string_view member);
  void Merge(const SetDigest& other);
  bool empty() const { return sum_ == std::array<uint64_t, 4>{}; }
  Digest Value() const;

  bool operator==(const SetDigest&) const = default;

 private:
  std::array<uint64_t, 4> sum_{};
};

}  // namespace sanyuan

#endif  // SANYUAN_COMMON_DIGEST_DIGEST_H_
