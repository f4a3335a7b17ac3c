#include "common/view/redis/redis_view_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "common/partition/safeguards.h"
#include "common/view/redis/known_view.h"
#include "common/view/redis/nodes.h"
#include "common/view/redis/pieces.h"
#include "common/view/redis/talk.h"

namespace sanyuan::view {
namespace {

using std::chrono::steady_clock;
using ScannedRows = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kPiecesUnderWay = 4;
// A scan is read in parts of this size, so that Redis is not kept busy for long.
constexpr size_t kScanRows = 1'000;
constexpr size_t kScanBytes = 1024 * 1024;
// If batches come in between so often, it is read at once instead.
constexpr int kScanInParts = 3;
// How long a read waits for a change that this process is making. Short: it holds up other reads of its thread.
constexpr std::chrono::milliseconds kPatience(100);

absl::Status Unintelligible(std::string_view what) {
  return absl::UnavailableError(fmt::format("Redis gave something else than {}", what));
}

// The reply of a function: `least` elements, the first of them where the view stands.
std::optional<Standing> StandingIn(const redisReply& reply, size_t least) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements < least || least < 2) return std::nullopt;
  return StandingOf(TextOf(*reply.element[0]), reply.element[1]->integer == 1);
}

absl::Status Named(const ViewName& view, const absl::Status& status) {
  return {status.code(),
          fmt::format("view {}/{}: {}", view.context, view.partition, std::string(status.message()))};
}

}  // namespace

class RedisViewStore::CheckedReader : public ViewReader {
 public:
  CheckedReader(RedisViewStore* store, KnownView* view) : store_(store), view_(view) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    const RedisFunctions& functions = TheRedisFunctions();
    const auto answer =
        Read({"FCALL_RO", functions.get, "3", view_->keys.position, view_->keys.rows, view_->keys.order, key},
             3, steady_clock::now() + store_->options_.command_timeout);
    if (!answer.ok()) return answer.status();
    const redisReply& value = *answer->reply->element[2];
    if (value.type != REDIS_REPLY_STRING) return std::nullopt;
    return std::string(TextOf(value));
  }

  absl::StatusOr<ScannedRows> Scan(std::string_view prefix, std::string_view after,
                                   size_t limit) const override {
    ScannedRows rows;
    if (limit == 0) return rows;
    limit = std::min<size_t>(limit, std::numeric_limits<int32_t>::max());
    const RedisDeadline deadline = steady_clock::now() + store_->options_.command_timeout;
    for (int attempt = 0;; ++attempt) {
      const auto done = ScanOnce(prefix, after, limit, attempt < kScanInParts, deadline, rows);
      if (!done.ok()) return done.status();
      if (*done) return rows;
    }
  }

 private:
  struct Answer {
    Standing standing;
    RedisReply reply;
  };

  // False: a batch came in between.
  absl::StatusOr<bool> ScanOnce(std::string_view prefix, std::string_view after, size_t limit, bool in_parts,
                                RedisDeadline deadline, ScannedRows& rows) const {
    rows.clear();
    std::optional<ViewPosition> position;
    while (true) {
      const RedisRange range = RangeOf(prefix, rows.empty() ? after : rows.back().first);
      const size_t left = limit - rows.size();
      const std::string at_most = fmt::format("{}", in_parts ? std::min(left, kScanRows) : left);
      const std::string bytes =
          fmt::format("{}", in_parts ? kScanBytes : size_t{std::numeric_limits<int32_t>::max()});
      const auto answer = Read({"FCALL_RO", TheRedisFunctions().scan, "3", view_->keys.position,
                                view_->keys.rows, view_->keys.order, range.min, range.max, at_most, bytes},
                               3, deadline);
      if (!answer.ok()) return answer.status();
      if (!rows.empty() && answer->standing.position != position) return false;
      position = answer->standing.position;
      const redisReply& reply = *answer->reply;
      for (size_t i = 3; i + 1 < reply.elements; i += 2) {
        rows.emplace_back(TextOf(*reply.element[i]), TextOf(*reply.element[i + 1]));
      }
      if (reply.element[2]->integer != 1 || rows.size() >= limit) return true;
    }
  }

  // A reply that may be answered from.
  absl::StatusOr<Answer> Read(const RedisTalk::Command& command, size_t elements,
                              RedisDeadline deadline) const {
    const RedisDeadline patience = std::min(deadline, steady_clock::now() + kPatience);
    while (true) {
      const KnownView::Before before = view_->Look();
      auto reply = store_->talk_->Ask(*view_, command, deadline);
      if (!reply.ok()) return Named(view_->name, reply.status());
      const std::optional<Standing> standing = StandingIn(**reply, elements);
      if (!standing) return Named(view_->name, Unintelligible("rows"));
      const bool refuse = store_->options_.refuse_unbuilt;
      const KnownView::Verdict verdict = view_->Judge(before, *standing, refuse, patience);
      if (verdict == KnownView::Verdict::kAnswer) return Answer{*standing, *std::move(reply)};
      if (verdict == KnownView::Verdict::kAgain && steady_clock::now() < deadline) continue;
      std::string why = fmt::format("it {}", standing->ToString());
      if (before.failed) why += "; it was to be built anew";
      if (before.floor) why += fmt::format("; this process has seen height {}", before.floor->height);
      const absl::Status status = Named(view_->name, absl::UnavailableError(why));
      if (verdict == KnownView::Verdict::kLost) store_->SayLost(*view_, status);
      return status;
    }
  }

  RedisViewStore* const store_;
  KnownView* const view_;
};

absl::StatusOr<std::unique_ptr<RedisViewStore>> RedisViewStore::Open(RedisViewStoreOptions options) {
  if (options.host.empty() || options.port <= 0 || options.port > 65'535) {
    return absl::InvalidArgumentError(
        fmt::format("no address of Redis: '{}:{}'", options.host, options.port));
  }
  if (options.connect_timeout.count() <= 0 || options.command_timeout.count() <= 0 ||
      options.read_connections == 0 || options.write_connections == 0 || options.max_piece_bytes == 0) {
    return absl::InvalidArgumentError("time-outs, connections and pieces of Redis must be greater than 0");
  }
  if (!options.user.empty() && options.password.empty()) {
    return absl::InvalidArgumentError("a user of Redis needs a password");
  }
  return std::unique_ptr<RedisViewStore>(new RedisViewStore(std::move(options)));
}

RedisViewStore::RedisViewStore(RedisViewStoreOptions options) : options_(std::move(options)) {
  RedisNodes::Options nodes;
  nodes.first = {options_.host, options_.port};
  nodes.user = {options_.user, options_.password};
  nodes.connect_timeout = options_.connect_timeout;
  nodes.read_connections = options_.read_connections;
  nodes.write_connections = options_.write_connections;
  nodes_ = std::make_unique<RedisNodes>(std::move(nodes));
  talk_ = std::make_unique<RedisTalk>(*nodes_, options_.command_timeout);
}

RedisViewStore::~RedisViewStore() = default;

KnownView* RedisViewStore::Known(const ViewName& view) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<KnownView>& known = known_[view];
  if (known == nullptr) known = std::make_unique<KnownView>(view);
  return known.get();
}

void RedisViewStore::SayLost(KnownView& view, const absl::Status& why) const {
  if (options_.on_lost && view.TimeToSay()) options_.on_lost(view.name, why);
}

absl::Status RedisViewStore::Check() { return Position({"", 0}).status(); }

absl::StatusOr<std::optional<ViewPosition>> RedisViewStore::Position(const ViewName& view) {
  KnownView* const known = Known(view);
  const KnownView::Before before = known->Look();
  const RedisKeys& keys = known->keys;
  const auto reply = talk_->Ask(
      *known, {"FCALL_RO", TheRedisFunctions().position, "3", keys.position, keys.rows, keys.order},
      steady_clock::now() + options_.command_timeout);
  if (!reply.ok()) return reply.status();
  const std::optional<Standing> standing = StandingIn(**reply, 2);
  if (!standing) return Unintelligible("a position");
  if (standing->position) known->Seen(before, *standing->position);
  return standing->position;
}

absl::Status RedisViewStore::Apply(const ViewName& view, const std::optional<ViewPosition>& from,
                                   const ViewPosition& to, absl::Span<const ViewRow> rows) {
  if (partition::Safeguards::exact_view_position || !from) return ApplyAt(view, from, to, rows);
  // Redis is believed, wherever it says that the view stands.
  const auto held = Position(view);
  return held.ok() ? ApplyAt(view, *held, to, rows) : held.status();
}

absl::Status RedisViewStore::ApplyAt(const ViewName& view, const std::optional<ViewPosition>& from,
                                     const ViewPosition& to, absl::Span<const ViewRow> rows) {
  if (to.journal_id.size() != kRedisJournalIdBytes)
    return absl::InvalidArgumentError("a journal's id has 16 bytes");
  KnownView* const known = Known(view);
  const RedisPieces pieces(known->keys, from, to, rows, options_.max_piece_bytes);
  KnownView::Changing changing(known);
  RedisTalk::Sequence sequence;
  sequence.count = pieces.size();
  sequence.under_way = kPiecesUnderWay;
  sequence.command = [&](size_t index) { return pieces.Command(index); };
  sequence.go_on = [](const redisReply& reply) {
    return reply.type == REDIS_REPLY_ARRAY && reply.elements == 1 && reply.element[0]->integer == 1;
  };
  const auto reply = talk_->Tell(*known, sequence);
  if (reply.ok() && sequence.go_on(**reply)) {
    changing.Applied(!from, to);
    return absl::OkStatus();
  }
  const bool refused = reply.ok() && (*reply)->type == REDIS_REPLY_ARRAY && (*reply)->elements == 3;
  if (!refused) {
    if (!from) changing.Failed();
    return reply.ok() ? Unintelligible("a position") : reply.status();
  }
  changing.Refused(!from);
  const Standing standing = StandingOf(TextOf(*(*reply)->element[1]), (*reply)->element[2]->integer == 1);
  const std::string begin = from ? fmt::format(" ({})", from->height) : "";
  return absl::FailedPreconditionError(
      fmt::format("the view {}, and not where the batch begins{}", standing.ToString(), begin));
}

absl::Status RedisViewStore::Clear(const ViewName& view) {
  KnownView* const known = Known(view);
  KnownView::Changing changing(known);
  RedisTalk::Sequence sequence;
  sequence.count = 1;
  // The position goes at the same moment; the memory of the rows is freed by another thread of Redis.
  sequence.command = [&](size_t) {
    return RedisTalk::Command{"UNLINK", known->keys.position, known->keys.rows, known->keys.order};
  };
  sequence.go_on = [](const redisReply&) { return true; };
  const auto reply = talk_->Tell(*known, sequence);
  if (!reply.ok()) {
    changing.Failed();
    return reply.status();
  }
  changing.Cleared();
  return absl::OkStatus();
}

std::unique_ptr<ViewReader> RedisViewStore::Reader(const ViewName& view) {
  return std::make_unique<CheckedReader>(this, Known(view));
}

}  // namespace sanyuan::view
