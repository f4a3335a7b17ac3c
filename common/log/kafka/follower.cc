#include "common/log/kafka/follower.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::log::kafka {
namespace {

constexpr int kFollowMs = 100;
// When more is known to be there than came: a client whose queue was full sleeps up to a second before it goes on.
constexpr int kExpectMs = 20;
constexpr size_t kBatchRecords = 1'000;
constexpr size_t kBatchBytes = 4 << 20;
constexpr int kReadAgain = 3;
constexpr absl::Duration kWakePatience = absl::Seconds(1);

const Settings& FollowerSettings() {
  static const auto& settings = *new Settings{
      {"isolation.level", "read_uncommitted"},  // The journal itself says what counts.
      {"check.crcs", "false"},                  // README.md says why.
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},  // A missing offset is an alarm, never a skip.
      {"enable.partition.eof", "true"},
      // A partition that is followed anew waits for the request that is under way.
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "50"},
      {"queued.min.messages", "10000"},
      {"queued.max.messages.kbytes", "16384"},
      // Of all partitions together, so that something comes of each soon also through a narrow network.
      {"fetch.max.bytes", "8388608"},
  };
  return settings;
}

}  // namespace

// What is known of one partition that is followed.
class Follower::Feed {
 public:
  Feed(TopicPartition at, rd_kafka_topic_t* of_client, std::string named, int64_t next, int64_t end,
       RecordListener* listener)
      : where(std::move(at)),
        topic(of_client),
        topic_name(std::move(named)),
        next_(next),
        listener_(listener) {
    if (end == next) reached_ = end;
  }

  const TopicPartition where;
  rd_kafka_topic_t* const topic;  // The client's.
  const std::string topic_name;

  // REQUIRES: on the thread that polls, like all below.
  void Deliver(const std::vector<MessagePtr>& messages, rd_kafka_t* handle) {
    if (troubled_) return;  // It comes again, behind what could not be read.
    std::vector<Record> records;
    records.reserve(messages.size());
    for (const MessagePtr& message : messages) {
      if (message->offset < next_) continue;  // Read before it was begun anew.
      records.push_back({message->offset,
                         std::string(static_cast<const char*>(message->payload), message->len),
                         HeadersOf(*message)});
      next_ = message->offset + 1;
    }
    if (records.empty()) return;
    reached_.reset();  // It has gone on from there.
    const std::lock_guard lock(calling_);
    if (listener_ == nullptr) return;
    listener_->OnRecords(records);
    if (next_ >= KnownEnd(handle).value_or(INT64_MAX)) SayEnd(next_);
  }

  // The brokers have no more for now. Records of transactions' ends are none of ours, but have offsets.
  void ReachedEnd(int64_t offset) {
    // What Deliver left out is still to come.
    if (troubled_) return;
    next_ = std::max(next_, offset);
    reached_ = next_;
    SayReached();
  }
  // What was found reached when following began, or after trouble.
  void SayReached() {
    const std::lock_guard lock(calling_);
    if (const auto end = std::exchange(reached_, std::nullopt); end && listener_ != nullptr) SayEnd(*end);
  }

  // What the client can't make out. On the way it may have been damaged, and reading it again helps; what is damaged
  // where it lies does not change.
  void Damaged(const absl::Status& why) {
    if (troubled_) return;  // One try, however often the client says it.
    failures_ = std::exchange(failed_at_, next_) == next_ ? failures_ + 1 : 1;
    Trouble(failures_ < kReadAgain ? absl::UnavailableError(why.message()) : why);
  }
  void Trouble(const absl::Status& why) {
    troubled_ = true;
    said_ = -1;  // The end is told again.
    const std::lock_guard lock(calling_);
    if (listener_ != nullptr) listener_->OnTrouble(why);
  }
  // A record whose length is damaged looks to the client as one that did not come as a whole: it asks for it for ever.
  void LookWhetherAnythingComes(absl::Time now, absl::Duration patience, rd_kafka_t* handle) {
    if (!Expects(handle) || std::exchange(stands_at_, next_) != next_) stands_since_ = now;
    if (now - stands_since_ < patience) return;
    stands_since_ = now;
    Damaged(
        absl::DataLossError(fmt::format("following {}: nothing comes from offset {} on, though it ends at {}",
                                        where.ToString(), next_, KnownEnd(handle).value_or(-1))));
  }
  bool troubled() const { return troubled_; }
  bool Expects(rd_kafka_t* handle) const {
    const auto end = KnownEnd(handle);
    return !troubled_ && end && next_ < *end;
  }
  // Reads on from where it stands.
  void Restart(rd_kafka_queue_t* queue) {
    const std::lock_guard lock(calling_);
    if (listener_ == nullptr) return;  // Its subscription ends it.
    rd_kafka_consume_stop(topic, where.partition);
    troubled_ = rd_kafka_consume_start_queue(topic, where.partition, next_, queue) != 0;
  }

  // From any thread.
  void Detach() {
    const std::lock_guard lock(calling_);
    listener_ = nullptr;
  }

 private:
  // As the brokers said with what they gave last.
  std::optional<int64_t> KnownEnd(rd_kafka_t* handle) const {
    int64_t low = 0, high = 0;
    if (rd_kafka_get_watermark_offsets(handle, topic_name.c_str(), where.partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
      return std::nullopt;
    }
    return high;
  }
  // REQUIRES: calling_ is held and there is a listener.
  void SayEnd(int64_t end) {
    if (std::exchange(said_, end) != end) listener_->OnEnd(end);
  }

  int64_t next_;
  int64_t said_ = -1;
  std::optional<int64_t> reached_;
  bool troubled_ = false;
  int64_t failed_at_ = -1;
  int failures_ = 0;        // In a row, at that offset.
  int64_t stands_at_ = -1;  // With more to come, since then.
  absl::Time stands_since_;
  std::mutex calling_;  // Held during a callback.
  RecordListener* listener_;
};

class Follower::KafkaSubscription final : public Subscription {
 public:
  KafkaSubscription(std::shared_ptr<Follower> follower, FeedPtr feed)
      : follower_(std::move(follower)), feed_(std::move(feed)) {}
  ~KafkaSubscription() override { follower_->Remove(feed_); }

 private:
  const std::shared_ptr<Follower> follower_;
  const FeedPtr feed_;
};

absl::StatusOr<std::shared_ptr<Follower>> Follower::New(const KafkaLogOptions& options) {
  std::shared_ptr<Follower> follower(new Follower(options));
  auto client = Client::New(RD_KAFKA_CONSUMER, "follower", follower->options_, FollowerSettings(), *follower);
  if (!client.ok()) return client.status();
  follower->client_ = *std::move(client);
  rd_kafka_t* handle = follower->client_->handle();
  follower->queue_.reset(rd_kafka_queue_new(handle));
  const QueuePtr main(rd_kafka_queue_get_main(handle));
  rd_kafka_queue_forward(main.get(), follower->queue_.get());
  follower->poller_ = std::thread([raw = follower.get()] { raw->Poll(); });
  follower->waker_ = std::thread([raw = follower.get()] { raw->Wake(); });
  return follower;
}

Follower::~Follower() {
  if (client_ == nullptr) return;  // It could not be made.
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  begun_.notify_all();
  rd_kafka_queue_yield(queue_.get());
  poller_.join();
  waker_.join();
  const QueuePtr main(rd_kafka_queue_get_main(client_->handle()));
  rd_kafka_queue_forward(main.get(), nullptr);
  queue_.reset();
}

absl::StatusOr<std::unique_ptr<Subscription>> Follower::Follow(const std::shared_ptr<Follower>& follower,
                                                               const TopicPartition& where,
                                                               int64_t from_offset, int64_t end_offset,
                                                               RecordListener* listener) {
  const auto topic = follower->client_->Topic(where, follower->options_.read_timeout);
  if (!topic.ok()) return topic.status();
  auto feed = std::make_shared<Feed>(where, *topic, follower->client_->TopicName(where), from_offset,
                                     end_offset, listener);
  {
    const std::lock_guard lock(follower->mutex_);
    if (!follower->feeds_.try_emplace({*topic, where.partition}, feed).second) return nullptr;
  }
  auto subscription = std::make_unique<KafkaSubscription>(follower, feed);
  if (rd_kafka_consume_start_queue(*topic, where.partition, from_offset, follower->queue_.get()) != 0) {
    return ToStatus(rd_kafka_last_error(), "following " + where.ToString());
  }
  {
    const std::lock_guard lock(follower->mutex_);
    follower->asleep_.push_back(where);
  }
  follower->begun_.notify_all();
  follower->newcomers_ = true;
  rd_kafka_queue_yield(follower->queue_.get());
  return subscription;
}

void Follower::Remove(const FeedPtr& feed) {
  feed->Detach();
  rd_kafka_consume_stop(feed->topic, feed->where.partition);
  // Not before the polling thread has nothing of it in its hands: that would be given to whoever comes next.
  std::unique_lock lock(mutex_);
  removed_.emplace_back(feed->topic, feed->where.partition);
  rd_kafka_queue_yield(queue_.get());
  erased_.wait(lock, [&] { return removed_.empty(); });
}

void Follower::EraseRemoved(MessagePtr& in_hand) {
  const std::lock_guard lock(mutex_);
  for (const FeedKey& key : std::exchange(removed_, {})) {
    if (in_hand != nullptr && key == FeedKey(in_hand->rkt, in_hand->partition)) in_hand.reset();
    feeds_.erase(key);
  }
  erased_.notify_all();
}

Follower::FeedPtr Follower::Find(const rd_kafka_message_t& message) {
  const std::lock_guard lock(mutex_);
  const auto it = feeds_.find({message.rkt, message.partition});
  return it == feeds_.end() ? nullptr : it->second;
}

std::vector<Follower::FeedPtr> Follower::Feeds() {
  std::vector<FeedPtr> feeds;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, feed] : feeds_) feeds.push_back(feed);
  return feeds;
}

void Follower::OnError(rd_kafka_resp_err_t error, std::string_view why) {
  const absl::Status status = ToStatus(error, why);
  for (const FeedPtr& feed : Feeds()) feed->Trouble(status);
}

MessagePtr Follower::Take(MessagePtr first) {
  const FeedPtr feed = Find(*first);
  if (first->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (feed == nullptr) return nullptr;
    if (first->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      feed->ReachedEnd(first->offset);
    } else {
      const absl::Status why = ToStatus(first->err, "following " + feed->where.ToString());
      if (absl::IsDataLoss(why)) {
        feed->Damaged(why);
      } else {
        feed->Trouble(why);
      }
    }
    return nullptr;
  }
  std::vector<MessagePtr> messages;
  size_t bytes = 0;
  MessagePtr next = std::move(first);
  while (next != nullptr && next->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
         (messages.empty() ||
          (next->rkt == messages.front()->rkt && next->partition == messages.front()->partition)) &&
         messages.size() < kBatchRecords && bytes < kBatchBytes) {
    bytes += next->len;
    messages.push_back(std::move(next));
    next.reset(rd_kafka_consume_queue(queue_.get(), 0));
  }
  if (feed != nullptr) feed->Deliver(messages, client_->handle());
  return next;
}

void Follower::Recover(absl::Time now, MessagePtr& in_hand) {
  if (now < next_recovery_ && next_recovery_ - now <= options_.recovery_pause) return;
  next_recovery_ = now + options_.recovery_pause;
  for (const FeedPtr& feed : Feeds()) {
    if (feed->troubled()) {
      if (in_hand != nullptr && Find(*in_hand) == feed) in_hand.reset();
      feed->Restart(queue_.get());
    }
    feed->LookWhetherAnythingComes(now, options_.nothing_comes, client_->handle());
  }
}

void Follower::Wake() {
  std::unique_lock lock(mutex_);
  while (true) {
    begun_.wait(lock, [&] { return stopped_ || !asleep_.empty(); });
    if (stopped_) return;
    const std::vector<TopicPartition> partitions = std::exchange(asleep_, {});
    lock.unlock();
    (void)client_->OffsetsOf(partitions, RD_KAFKA_OFFSET_END, kWakePatience);
    lock.lock();
  }
}

rd_kafka_message_t* Follower::Await() {
  std::vector<TopicPartition> expecting;
  if (rd_kafka_message_t* const message = rd_kafka_consume_queue(queue_.get(), 0)) return message;
  for (const FeedPtr& feed : Feeds()) {
    if (feed->Expects(client_->handle())) expecting.push_back(feed->where);
  }
  rd_kafka_message_t* const message =
      rd_kafka_consume_queue(queue_.get(), expecting.empty() ? kFollowMs : kExpectMs);
  if (message != nullptr || expecting.empty()) return message;
  const std::lock_guard lock(mutex_);
  asleep_.insert(asleep_.end(), expecting.begin(), expecting.end());
  begun_.notify_all();
  return nullptr;
}

void Follower::Poll() {
  MessagePtr next;
  while (!stopped_) {
    EraseRemoved(next);
    if (next == nullptr) next.reset(Await());
    if (next != nullptr) next = Take(std::move(next));
    if (newcomers_.exchange(false)) {
      for (const FeedPtr& feed : Feeds()) feed->SayReached();
    }
    Recover(absl::Now(), next);
  }
}

}  // namespace sanyuan::log::kafka
