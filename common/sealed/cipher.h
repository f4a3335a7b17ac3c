// AES-256-GCM: what a text, and each key at rest, is locked with. Any thread.
#ifndef SANYUAN_COMMON_SEALED_CIPHER_H_
#define SANYUAN_COMMON_SEALED_CIPHER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sanyuan::sealed {

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kNonceBytes = 12;
inline constexpr size_t kTagBytes = 16;

// From the system's generator of secrets.
std::string RandomBytes(size_t count);

// A random nonce, the encrypted bytes, a tag. `about` is not kept, but must be the same when it is opened again: so
// nothing sealed can be passed off as something else. REQUIRES: a key of kKeyBytes; one key seals fewer than 2^32
// texts.
std::string Lock(std::string_view key, std::string_view about, std::string_view plain);
// nullopt when the key or `about` is another one, or a bit of `locked` was changed.
std::optional<std::string> Unlock(std::string_view key, std::string_view about, std::string_view locked);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_CIPHER_H_
