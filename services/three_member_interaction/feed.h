// What the feed of clues shows of a decision: read from the journal's records themselves, not from a view, so that
// a subscriber sees every change once and in order. clue_feed.h follows journals by these functions.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/digest/digest.h"
#include "common/host/tail.h"
#include "common/partition/domain.h"
#include "sanyuan/three_member_interaction/v1/clue_feed.pb.h"
#include "services/three_member_interaction/domain/rows.h"

namespace sanyuan::three_member_interaction {

// Who asks. An inspector or squad head sees the clues that are with the own squad, and those that no squad has yet,
// but none about shops of relatives; county managers and auditors see all of the county. `staff` is the caller's
// staff record in each watched county (the view's row StaffViewKey), missing where it is not known: such a caller
// sees unassigned clues only.
struct FeedCaller {
  partition::Actor actor;
  std::map<std::string, Staff> staff;  // By county code.
};

// InvalidArgument: an empty or malformed county, one twice, or more values in a list than 100.
absl::Status CheckWatch(const v1::WatchCluesRequest& request);

// Equal for requests that ask for the same: the order of lists and what stands twice make no difference.
// REQUIRES: CheckWatch is ok.
Digest FilterDigest(const v1::WatchCluesRequest& request);

// False when the filter names squads that the caller does not belong to in any of the watched counties.
bool MayAskFor(const FeedCaller& caller, const v1::ClueFilter& filter);
bool Matches(const v1::ClueFilter& filter, const v1::ClueFacts& clue);
bool MaySee(const FeedCaller& caller, const v1::ClueFacts& clue);

// Whether an event of this context is about a clue at all (ContextSpec::shown_in_feeds).
bool IsShownInFeeds(const google::protobuf::Message& event);

// The events of one accepted decision about clues of the counties asked for that match and that the caller may see,
// in order. No event holds who reported or any text: those come by GetClue, with its own rules.
std::vector<v1::ClueFeedEvent> FeedEventsOf(const host::TailRecord& record,
                                            const v1::WatchCluesRequest& request, const FeedCaller& caller);

// Tokens: opaque to clients. nullopt from Parse: no token of this feed, or of another filter.
std::string TokenText(const v1::ClueFeedToken& token);
std::optional<v1::ClueFeedToken> ParseToken(const std::string& bytes, const Digest& filter_digest);

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_FEED_H_
