// One subscriber's feed of clues: follows the journals of the partitions that hold the watched counties, each in its
// own order, and gives with every message a token from which another server can go on.
//
// With a token it goes on behind the last event that the token's owner has handled; without one it begins with what
// is decided from now on. The first message comes at once: an event, or a heartbeat with the token to begin with.
// A token of journals that the followed ones were copied from, at once or by way of others, goes on too: their copies are read from the beginning, and
// what the token's owner has handled is left out. A copied event bears the name that it had there.
// A heartbeat's token is behind everything that was read, so a resume does not read again what did not match; one
// also comes after many decisions without a match.
//
// Ends with: INVALID_FIELD (CheckWatch); TOKEN_INVALID, whose detail says whether the token is none, of another
// filter, of another journal, ahead of the journal's end, or has seen another history; UNIT_NOT_ALLOWED when the
// filter names squads of others; NOT_READY; PARTITION_HALTED. Rights are looked up when it begins and with every
// heartbeat. Thread safety: one thread at a time.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_CLUE_FEED_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_CLUE_FEED_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/host/feed.h"
#include "common/host/tail.h"
#include "services/three_member_interaction/feed.h"

namespace sanyuan::three_member_interaction {

// What a feed is made of. The tails outlive it.
struct ClueFeedParts {
  std::map<int32_t, host::Tail*> tails;  // By the partition; those that hold a watched county.
  // Who asks, as the staff records are now.
  std::function<absl::StatusOr<FeedCaller>()> caller;
  std::function<absl::Time()> now;
};

class ClueFeed final : public host::Feed {
 public:
  // REQUIRES: CheckWatch(request) is ok.
  ClueFeed(v1::WatchCluesRequest request, ClueFeedParts parts, std::function<void()> wake);

  Step Next(bool heartbeat) override;

 private:
  // One journal.
  struct Source {
    host::Tail* tail = nullptr;
    std::unique_ptr<host::Tail::Follower> follower;
    partition::Place read;             // Up to here it was looked at ...
    v1::ClueFeedToken::Place handled;  // ... and so much of it was given.
    uint32_t skip = 0;                 // Events of the first record that the token's owner has handled.
    bool read_copies = false;          // All copies were read ...
    bool among_copies =
        false;  // ... but behind `handled` there may be one of what was handled in an older journal.
  };
  struct Waiting {
    Source* source;
    partition::Place place;
    uint32_t index;      // In its decision.
    bool behind_copies;  // No copy stands at the place or behind it.
    v1::ClueFeedEvent event;
  };
  using Places = std::map<int32_t, v1::ClueFeedToken::Place>;  // By partition.

  std::optional<common::v1::Refusal> Open();
  std::optional<common::v1::Refusal> LookUpCaller();
  std::optional<common::v1::Refusal> Sort(const v1::ClueFeedToken& token, Places& places);
  std::optional<common::v1::Refusal> GoOnFromOlder(const std::vector<journal::v1::Generation>& generations);
  std::optional<common::v1::Refusal> Follow(const Places& places);
  absl::StatusOr<bool> WasHandled(const host::TailRecord& record, uint32_t index) const;
  // True when there was anything to look at.
  absl::StatusOr<bool> Look();
  std::string Token() const;
  Step Heartbeat();
  Step Event();

  const v1::WatchCluesRequest request_;
  const ClueFeedParts parts_;
  const std::function<void()> wake_;
  FeedCaller caller_;
  std::map<int32_t, Source> sources_;  // By partition.
  std::map<std::string, v1::ClueFeedToken::Place>
      older_;  // By journal id: places of the token in journals that were copied.
  std::deque<Waiting> waiting_;
  bool greeted_ = false;
  uint64_t unmatched_ = 0;  // Records since the last message.
};

// The feeds of this context's streaming methods, by path.
const std::map<std::string, host::OpenFeed>& ThreeMemberInteractionFeeds();

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_CLUE_FEED_H_
