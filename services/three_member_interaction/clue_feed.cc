#include "services/three_member_interaction/clue_feed.h"

#include <fmt/format.h>

#include <limits>
#include <set>
#include <utility>

#include "common/partition/origin.h"
#include "common/partition/partitioner.h"
#include "common/reference/wire_time.h"
#include "services/three_member_interaction/query_support.h"

namespace sanyuan::three_member_interaction {
namespace {

using common::v1::Refusal;
using partition::Place;

constexpr char kContext[] = "three_member_interaction";
constexpr size_t kPiece = 64;
constexpr size_t kHeadPrefix = 8;
constexpr uint64_t kUnmatched = 4096;
constexpr uint64_t kFirstTerm = 1;
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

// Who has seen the event in an older journal can tell that it is the same.
void NameAsOriginal(const journal::v1::Origin& origin, v1::ClueFeedEvent& event) {
  const journal::v1::Origin& first = partition::FirstOrigin(origin);
  event.set_index(partition::NumberInOrigin(first, event.index()));
  event.set_journal_id(first.journal_id());
  event.set_height(first.height());
}

class Refusing final : public host::Feed {
 public:
  explicit Refusing(Refusal why) : why_(std::move(why)) {}
  Step Next(bool) override { return Ended(why_); }

 private:
  const Refusal why_;
};

std::unique_ptr<host::Feed> OpenClueFeed(host::FeedCall call) {
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
  Places places;
  if (!request_.resume_token().empty()) {
    const auto token = ParseToken(request_.resume_token(), FilterDigest(request_));
    if (!token) return TokenInvalid("of another filter or no token");
    if (auto refusal = Sort(*token, places)) return refusal;
    if (places.size() != parts_.tails.size()) return TokenInvalid("of other partitions");
  }
  return Follow(places);
}

// The token's places in the journals that are followed; the others may be in those that these were copied from.
std::optional<Refusal> ClueFeed::Sort(const v1::ClueFeedToken& token, Places& places) {
  bool all_followed = true;
  for (const auto& place : token.places()) {
    places[place.partition()] = place;
    const auto tail = parts_.tails.find(place.partition());
    const std::string id = tail == parts_.tails.end() ? "" : tail->second->JournalId();
    // One that is being read says so when it is to be followed.
    all_followed = all_followed && tail != parts_.tails.end() && (id.empty() || id == place.journal_id());
  }
  if (all_followed) return std::nullopt;
  places.clear();
  std::map<int32_t, host::Tail::Beginning> beginnings;
  std::map<std::string, const journal::v1::Cursor*> ends;  // Of older journals.
  for (const auto& [partition, tail] : parts_.tails) {
    auto beginning = tail->ReadBeginning();
    if (!beginning.ok()) return RefusalOf(beginning.status());
    beginnings[partition] = *std::move(beginning);
  }
  const std::vector<journal::v1::Generation>& copied_from = beginnings.begin()->second.copied_from;
  for (const journal::v1::Generation& generation : copied_from) {
    for (const journal::v1::Cursor& end : generation.ends()) ends[end.journal_id()] = &end;
  }
  for (const auto& place : token.places()) {
    const auto end = ends.find(place.journal_id());
    if (end != ends.end()) {
      if (place.head().size() != kHeadPrefix) return TokenInvalid("its head is missing");
      if (place.height() > end->second->height()) {
        return TokenInvalid(fmt::format("{}/{} ended at height {} and was copied, the position is at {}",
                                        end->second->topic(), end->second->partition(), end->second->height(),
                                        place.height()));
      }
      older_[place.journal_id()] = place;
      continue;
    }
    if (!parts_.tails.contains(place.partition())) return TokenInvalid("of other partitions");
    places[place.partition()] = place;
  }
  if (older_.empty()) return std::nullopt;
  if (auto refusal = GoOnFromOlder(copied_from)) return refusal;
  for (const auto& [partition, beginning] : beginnings) {
    if (places.contains(partition)) continue;
    v1::ClueFeedToken::Place& first = places[partition];
    first.set_journal_id(beginning.genesis.journal_id);
    first.set_head(beginning.genesis.head_prefix.substr(0, kHeadPrefix));
  }
  return std::nullopt;
}

// Whether the token has for each watched county a place in an older journal that held it.
std::optional<Refusal> ClueFeed::GoOnFromOlder(const std::vector<journal::v1::Generation>& generations) {
  const std::string topic = fmt::format("{}.journal", kContext);
  std::set<std::string> known;
  for (const journal::v1::Generation& generation : generations) {
    std::map<int32_t, std::string> ids;
    for (const journal::v1::Cursor& end : generation.ends()) {
      if (end.topic() == topic) ids[end.partition()] = end.journal_id();
    }
    if (ids.empty()) continue;
    for (const std::string& county : request_.county_codes()) {
      const auto id = ids.find(partition::PartitionOf(*CountyOfId(county), static_cast<int32_t>(ids.size())));
      if (id != ids.end() && older_.contains(id->second)) known.insert(county);
    }
  }
  for (const std::string& county : request_.county_codes()) {
    if (!known.contains(county)) return TokenInvalid("of other partitions");
  }
  return std::nullopt;
}

std::optional<Refusal> ClueFeed::Follow(const Places& places) {
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
    source.among_copies = !older_.empty();
  }
  return std::nullopt;
}

// Whether the record is a copy, and the owner of the token has handled this event in one of the journals that it stood in before.
absl::StatusOr<bool> ClueFeed::WasHandled(const host::TailRecord& record, uint32_t index) const {
  const journal::v1::Origin* origin = record.copied_from ? &*record.copied_from : nullptr;
  for (; origin != nullptr; origin = origin->has_before() ? &origin->before() : nullptr) {
    const auto handled = older_.find(origin->journal_id());
    if (handled == older_.end() || origin->height() > handled->second.height()) continue;
    if (origin->height() < handled->second.height()) return true;
    if (!std::string_view(origin->head()).starts_with(handled->second.head())) {
      return absl::FailedPreconditionError(
          fmt::format("the journal that was copied held another record at height {}", origin->height()));
    }
    if (partition::NumberInOrigin(*origin, index) < handled->second.next_index()) return true;
  }
  return false;
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
      // All copies are of the journal's first writer.
      if (record->copy_completed || record->place.term > kFirstTerm) source.read_copies = true;
      for (v1::ClueFeedEvent& event : FeedEventsOf(*record, request_, caller_)) {
        const uint32_t index = event.index();
        const auto handled = WasHandled(*record, index);
        if (!handled.ok()) return handled.status();
        if (index < skip || *handled) continue;
        if (record->copied_from) NameAsOriginal(*record->copied_from, event);
        waiting_.push_back({&source, record->place, index, source.read_copies, std::move(event)});
      }
    }
  }
  return any;
}

std::string ClueFeed::Token() const {
  v1::ClueFeedToken token;
  bool among_copies = false;
  for (const auto& [partition, source] : sources_) {
    *token.add_places() = source.handled;
    among_copies = among_copies || source.among_copies;
  }
  if (among_copies) {
    for (const auto& [id, place] : older_) *token.add_places() = place;
  }
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
  SetPlace(next.place, next.index + 1, next.source->handled);
  if (next.behind_copies) next.source->among_copies = false;
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
  for (auto& [partition, source] : sources_) {
    SetPlace(source.read, kAllEvents, source.handled);
    if (source.read_copies) source.among_copies = false;
  }
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
