// What the feed of clues shows of a decision: read from the journal's records themselves, not from a view, so that
// a subscriber sees every change once and in order. Transport and resuming are common/rpc's.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/digest/digest.h"
#include "common/partition/domain.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.pb.h"

namespace sanyuan::three_member_interaction {

// Where a decision stands.
struct FeedPlace {
  std::string journal_id;  // 16 bytes.
  uint64_t height = 0;
};

// Who asks, and for what. An inspector or squad head sees the clues that are with the own squad, and those that
// no squad has yet; county managers and auditors see all of the county. `squad_id` is the unit of the caller's
// staff record (the view's row StaffViewKey), empty when it is not known: such a caller sees unassigned clues only.
struct FeedCaller {
  partition::Actor actor;
  std::string squad_id;
};

// InvalidArgument: an empty or malformed county, one twice, or more values in a list than 100.
absl::Status CheckWatch(const v1::WatchCluesRequest& request);

// Equal for requests that ask for the same: the order of lists and what stands twice make no difference.
// REQUIRES: CheckWatch is ok.
Digest FilterDigest(const v1::WatchCluesRequest& request);

bool Matches(const v1::ClueFilter& filter, const v1::ClueFacts& clue);
bool MaySee(const FeedCaller& caller, const v1::ClueFacts& clue);

// The events of one accepted decision (the payload of its record, a serialized journal.v1.Decision) about clues of
// the counties asked for that match and that the caller may see, in order. DataLoss when it can't be read. No event
// holds who reported or any text: those come by GetClue, with its own rules.
absl::StatusOr<std::vector<v1::ClueFeedEvent>> FeedEventsOf(const std::string& decision,
                                                            const FeedPlace& place,
                                                            const v1::WatchCluesRequest& request,
                                                            const FeedCaller& caller);

// Tokens: opaque to clients. nullopt from Parse: no token of this feed, or of another filter.
std::string TokenText(const v1::ClueFeedToken& token);
std::optional<v1::ClueFeedToken> ParseToken(const std::string& bytes, const Digest& filter_digest);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_
