#include "services/three_member_interaction/clue_feed.h"

#include <limits>
#include <utility>

#include "common/reference/wire_time.h"
#include "services/three_member_interaction/query_support.h"

namespace sanyuan::three_member_interaction {
namespace {

using common::v1::Refusal;
using partition::Place;

constexpr size_t kPiece = 64;
constexpr size_t kHeadPrefix = 8;
constexpr uint64_t kUnmatched = 4096;
constexpr uint32_t kAllEvents = std::numeric_limits<uint32_t>::max();

Refusal Refused(common::v1::Reason reason, std::string field, std::string_view detail) {
  Refusal refusal;
  refusal.set_reason(reason);
  refusal.set_field(std::move(field));
  refusal.set_detail(std::string(detail));
  return refusal;
}

host::Feed::Step Ended(Refusal why) { return {host::Feed::Step::Kind::kEnded, nullptr, std::move(why)}; }

Refusal TokenInvalid(std::string_view detail) {
  return Refused(common::v1::REASON_TOKEN_INVALID, "resume_token", detail);
}

// Why a journal can't be followed (any more).
Refusal RefusalOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kDataLoss:
      return TokenInvalid(std::string(status.message()));
    case absl::StatusCode::kUnavailable:
      return Refused(common::v1::REASON_PARTITION_HALTED, "", std::string(status.message()));
    default:
      return Refused(common::v1::REASON_NOT_READY, "", std::string(status.message()));
  }
}

void SetPlace(const Place& place, uint32_t next_index, v1::ClueFeedToken::Place& out) {
  out.set_journal_id(place.journal_id.data(), place.journal_id.size());
  out.set_height(place.height);
  out.set_head(std::string(place.head.view().substr(0, kHeadPrefix)));
  out.set_next_index(next_index);
}

class Refusing final : public host::Feed {
 public:
  explicit Refusing(Refusal why) : why_(std::move(why)) {}
  Step Next(bool) override { return Ended(why_); }

 private:
  const Refusal why_;
};

std::unique_ptr<host::Feed> OpenClueFeed(host::FeedCall call) {
  static constexpr char kContext[] = "three_member_interaction";
  const auto& request = static_cast<const v1::WatchCluesRequest&>(*call.request);
  if (absl::Status checked = CheckWatch(request); !checked.ok()) {
    const std::string why(checked.message());
    return std::make_unique<Refusing>(
        Refused(common::v1::REASON_INVALID_FIELD, why.substr(0, why.find(':')), why));
  }
  ClueFeedParts parts;
  std::map<std::string, int32_t> partitions;
  for (const std::string& county : request.county_codes()) {
    host::PartitionHost* host = call.hosts.Find(kContext, *CountyOfId(county));
    if (host == nullptr || host->tail() == nullptr) {
      return std::make_unique<Refusing>(Refused(common::v1::REASON_NOT_READY, "", "not served here"));
    }
    parts.tails[host->journal().partition] = host->tail();
    partitions[county] = host->journal().partition;
  }
  parts.caller = [actor = call.actor, partitions, &views = call.views]() -> absl::StatusOr<FeedCaller> {
    FeedCaller caller{actor, {}};
    for (const auto& [county, partition] : partitions) {
      const auto reader = views.Reader({kContext, partition});
      auto staff = StaffOf(*reader, county, actor.id);
      if (!staff.ok()) return staff.status();
      if (!staff->unit.empty()) caller.staff[county] = *std::move(staff);
    }
    return caller;
  };
  parts.now = [&hosts = call.hosts] { return hosts.Now(); };
  return std::make_unique<ClueFeed>(request, std::move(parts), std::move(call.wake));
}

}  // namespace

ClueFeed::ClueFeed(v1::WatchCluesRequest request, ClueFeedParts parts, std::function<void()> wake)
    : request_(std::move(request)), parts_(std::move(parts)), wake_(std::move(wake)) {}

std::optional<Refusal> ClueFeed::LookUpCaller() {
  auto caller = parts_.caller();
  if (!caller.ok()) return Refused(common::v1::REASON_NOT_READY, "", std::string(caller.status().message()));
  caller_ = *std::move(caller);
  if (MayAskFor(caller_, request_.filter())) return std::nullopt;
  return Refused(common::v1::REASON_UNIT_NOT_ALLOWED, "filter.squad_ids", "a squad of others");
}

std::optional<Refusal> ClueFeed::Open() {
  if (auto refusal = LookUpCaller()) return refusal;
  std::map<int32_t, v1::ClueFeedToken::Place> places;
  if (!request_.resume_token().empty()) {
    const auto token = ParseToken(request_.resume_token(), FilterDigest(request_));
    if (!token) return TokenInvalid("of another filter or no token");
    for (const auto& place : token->places()) {
      if (!parts_.tails.contains(place.partition())) return TokenInvalid("of other partitions");
      places[place.partition()] = place;
    }
    if (places.size() != parts_.tails.size()) return TokenInvalid("of other partitions");
  }
  return Follow(places);
}

std::optional<Refusal> ClueFeed::Follow(const std::map<int32_t, v1::ClueFeedToken::Place>& places) {
  for (const auto& [partition, tail] : parts_.tails) {
    std::optional<host::TailPosition> from;
    Source& source = sources_[partition];
    if (const auto place = places.find(partition); place != places.end()) {
      from = {place->second.journal_id(), place->second.height(), place->second.head()};
      if (from->head_prefix.size() != kHeadPrefix) return TokenInvalid("its head is missing");
      source.skip = place->second.next_index();
      source.handled = place->second;
    }
    auto follower = tail->Follow(from, wake_);
    if (!follower.ok()) return RefusalOf(follower.status());
    source.tail = tail;
    source.follower = *std::move(follower);
    source.read = source.follower->place();
    if (!from) SetPlace(source.read, kAllEvents, source.handled);
    source.handled.set_partition(partition);
  }
  return std::nullopt;
}

absl::StatusOr<bool> ClueFeed::Look() {
  bool any = false;
  for (auto& [partition, source] : sources_) {
    const auto records = source.follower->Read(kPiece);
    if (!records.ok()) {
      // What was given is no longer there: who comes back with a token is told so.
      return absl::IsDataLoss(records.status()) ? absl::UnavailableError(records.status().message())
                                                : records.status();
    }
    for (const host::TailRecordPtr& record : *records) {
      any = true;
      ++unmatched_;
      const uint32_t skip = std::exchange(source.skip, 0);
      source.read = record->place;
      for (v1::ClueFeedEvent& event : FeedEventsOf(*record, request_, caller_)) {
        if (event.index() >= skip) waiting_.push_back({&source, record->place, std::move(event)});
      }
    }
  }
  return any;
}

std::string ClueFeed::Token() const {
  v1::ClueFeedToken token;
  for (const auto& [partition, source] : sources_) *token.add_places() = source.handled;
  token.set_filter_digest(std::string(FilterDigest(request_).view()));
  return TokenText(token);
}

host::Feed::Step ClueFeed::Heartbeat() {
  if (auto refusal = LookUpCaller()) return Ended(*std::move(refusal));
  greeted_ = true;
  unmatched_ = 0;
  auto response = std::make_unique<v1::WatchCluesResponse>();
  auto* heartbeat = response->mutable_heartbeat();
  if (const absl::Time now = parts_.now(); now != absl::InfinitePast()) {
    *heartbeat->mutable_at() = reference::ToWireTime(now);
  }
  response->set_resume_token(Token());
  return {Step::Kind::kMessage, std::move(response), {}};
}

host::Feed::Step ClueFeed::Event() {
  greeted_ = true;
  unmatched_ = 0;
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  SetPlace(next.place, next.event.index() + 1, next.source->handled);
  auto response = std::make_unique<v1::WatchCluesResponse>();
  *response->mutable_event() = std::move(next.event);
  response->set_resume_token(Token());
  return {Step::Kind::kMessage, std::move(response), {}};
}

host::Feed::Step ClueFeed::Next(bool heartbeat) {
  if (sources_.empty()) {
    if (auto refusal = Open()) return Ended(*std::move(refusal));
  }
  if (!waiting_.empty()) return Event();
  const auto looked = Look();
  if (!looked.ok()) return Ended(RefusalOf(looked.status()));
  if (!waiting_.empty()) return Event();
  for (auto& [partition, source] : sources_) SetPlace(source.read, kAllEvents, source.handled);
  if (heartbeat || !greeted_ || unmatched_ >= kUnmatched) return Heartbeat();
  return {*looked ? Step::Kind::kAgain : Step::Kind::kIdle, nullptr, {}};
}

const std::map<std::string, host::OpenFeed>& ThreeMemberInteractionFeeds() {
  static const std::map<std::string, host::OpenFeed> feeds = {
      {"/sanyuan.three_member_interaction.v1.ClueFeedService/WatchClues", &OpenClueFeed},
  };
  return feeds;
}

}  // namespace sanyuan::three_member_interaction
