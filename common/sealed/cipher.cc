#include "common/sealed/cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace sanyuan::sealed {
namespace {

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

void Require(bool ok) {
  if (!ok) std::abort();  // Only a broken OpenSSL gets here; nothing may ever be sealed with less than a key.
}

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
int Size(std::string_view text) { return static_cast<int>(text.size()); }

}  // namespace

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  Require(RAND_bytes(Bytes(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

std::string Lock(std::string_view key, std::string_view about, std::string_view plain) {
  Require(key.size() == kKeyBytes);
  std::string out = RandomBytes(kNonceBytes);
  out.resize(kNonceBytes + plain.size() + kTagBytes);
  const Context context(EVP_CIPHER_CTX_new());
  int done = 0;
  Require(context != nullptr);
  Require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(out)) == 1);
  Require(EVP_EncryptUpdate(context.get(), nullptr, &done, Bytes(about), Size(about)) == 1);
  Require(EVP_EncryptUpdate(context.get(), Bytes(out) + kNonceBytes, &done, Bytes(plain), Size(plain)) == 1);
  Require(EVP_EncryptFinal_ex(context.get(), Bytes(out) + kNonceBytes + done, &done) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes),
                              Bytes(out) + kNonceBytes + plain.size()) == 1);
  return out;
}

std::optional<std::string> Unlock(std::string_view key, std::string_view about, std::string_view locked) {
  Require(key.size() == kKeyBytes);
  if (locked.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view body = locked.substr(kNonceBytes, locked.size() - kNonceBytes - kTagBytes);
  std::string tag(locked.substr(locked.size() - kTagBytes));
  std::string plain(body.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new());
  int done = 0;
  Require(context != nullptr);
  Require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(locked)) == 1);
  Require(EVP_DecryptUpdate(context.get(), nullptr, &done, Bytes(about), Size(about)) == 1);
  Require(EVP_DecryptUpdate(context.get(), Bytes(plain), &done, Bytes(body), Size(body)) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), Bytes(tag)) ==
          1);
  if (EVP_DecryptFinal_ex(context.get(), Bytes(plain) + done, &done) != 1) return std::nullopt;
  return plain;
}

}  // namespace sanyuan::sealed
