// What operators do with the keys of people in the topic `registry.keys`. Errors as TopicKeyStore::Open. Any thread; they
// block.
#ifndef SANYUAN_COMMON_SEALED_KEY_TOPIC_TOOLS_H_
#define SANYUAN_COMMON_SEALED_KEY_TOPIC_TOOLS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sealed/key_topic.h"
#include "common/sealed/wrapping.h"

namespace sanyuan::sealed {

// Wraps every key anew. Until all are, no server starts; when it was interrupted the same again goes on. From then on only
// the new master key opens the topic. REQUIRES: no server uses the topic; one that does all the same answers UNAVAILABLE
// from then on. NotFound: no keys. FailedPrecondition: neither is the topic's master key. DataLoss: a key is damaged.
absl::Status RewrapKeyTopic(const OpenKeyTable& open, const std::string& master_key,
                            const std::string& new_master_key, absl::Duration patience);

// All keys, wrapped as they are, into a new file that a FileKeyStore can open too, also beside servers. Who is forgotten
// later is still in it. NotFound: no keys. AlreadyExists.
absl::Status CopyKeyTopic(const OpenKeyTable& open, const std::string& path, absl::Duration patience);

// The same in memory: in no file that somebody would have to delete. Errors as CopyKeyTopic.
absl::StatusOr<StoredKeys> ReadKeyTopic(const OpenKeyTable& open, absl::Duration patience);

// The keys of such a file, or of a keys.db, into a topic without keys: how many. Who was forgotten in the topic stays so.
// When it was interrupted the same again goes on. FailedPrecondition: the topic holds keys; no server may begin with it
// meanwhile. NotFound: no such file.
absl::StatusOr<size_t> RestoreKeyTopic(const OpenKeyTable& open, const std::string& path,
                                       absl::Duration patience);
// The same from memory.
absl::StatusOr<size_t> WriteKeyTopic(const OpenKeyTable& open, const StoredKeys& stored,
                                     absl::Duration patience);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_KEY_TOPIC_TOOLS_H_
