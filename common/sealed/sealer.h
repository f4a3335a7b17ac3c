// Seals the personal fields of what comes in and opens those of what goes out; everything between holds sealed texts
// and keyed hashes only. What is personal, and whose, the fields say themselves (proto/sanyuan/common/v1/personal.proto).
//
// A sealed text is bound to its person and to its field (message type and name): in another place it does not open.
// Thread safety: all methods may be called from any thread; Seal and Open block as the store of keys does.
#ifndef SANYUAN_COMMON_SEALED_SEALER_H_
#define SANYUAN_COMMON_SEALED_SEALER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sealed/key_store.h"
#include "google/protobuf/message.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::sealed {

// Longest text in the clear, bytes: sealed it still fits where deciders take 8 KiB.
inline constexpr size_t kLongestPlain = 6000;

class Sealer {
 public:
  // `keys` outlives it.
  explicit Sealer(KeyStore& keys) : keys_(keys) {}

  // Whether a personal field of the message, or of one in it, is set.
  static bool HasPersonal(const google::protobuf::Message& message);

  // Replaces texts by sealed texts and hashes, in place. What stands against it, by field; then the message may be
  // sealed in part and must not be used:
  //   INVALID_FIELD     the text is a sealed text or a hash already, which clients may not send; nobody is named
  //                     whose key could seal it
  //   TOO_LARGE         longer than kLongestPlain
  //   PERSON_FORGOTTEN  the person's key was deleted; no text of that person can be kept any more
  absl::StatusOr<std::vector<common::v1::Refusal>> Seal(google::protobuf::Message& message,
                                                        std::string_view county_code) const;

  // Opens sealed texts in place; hashes stay. A text whose key is gone becomes empty. DataLoss when a text does not
  // open with the very key that sealed it: it was damaged, or moved here from another person or field. Unavailable when
  // it can't be known whether a key is gone; then nothing was opened.
  absl::Status Open(google::protobuf::Message& message, std::string_view county_code) const;

  // What stands in a journal for the content of a request with personal data: only who holds the key can try texts
  // against it. Of equal contents equal, although sealing the same twice is not.
  std::string KeyedContent(std::string_view content) const;

 private:
  KeyStore& keys_;
};

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_SEALER_H_
