// How sealed and hashed texts look, for those who only pass them on: deciders refuse personal data that arrives
// in the clear, so that no journal ever holds it. Making and opening them is sealer.h.
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_SEALED_MARKS_H_
#define SANYUAN_COMMON_SEALED_MARKS_H_

#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "sanyuan/common/v1/personal.pb.h"

namespace sanyuan::sealed {

// "s1." and base64url without padding, of at least a nonce and a tag; "h1." and base64url of 32 bytes.
inline constexpr std::string_view kSealedMark = "s1.";
inline constexpr std::string_view kHashMark = "h1.";
bool IsSealedText(std::string_view text);
bool IsHashText(std::string_view text);

// The field's option, nullptr when it holds no personal data.
const common::v1::Personal* PersonalOf(const google::protobuf::FieldDescriptor& field);

// Paths ("retailers[3].profile.phone") of all personal fields, in `message` and the messages inside, that are
// neither empty nor protected. `path` is put before each.
std::vector<std::string> UnprotectedPaths(const google::protobuf::Message& message, const std::string& path);

// Moves every personal field of `message` into a new message of its type, which holds nothing else (beside the
// messages and list items around them, at the same places).
void SplitPersonal(google::protobuf::Message& message, google::protobuf::Message& personal);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_MARKS_H_
