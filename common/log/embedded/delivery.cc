#include "common/log/embedded/delivery.h"

#include <algorithm>
#include <utility>

namespace sanyuan::log {
namespace {

constexpr size_t kChunkRecords = 2'000;
constexpr size_t kChunkBytes = size_t{2} << 20;
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLastPause = absl::Seconds(5);

}  // namespace

class Delivery::Following : public Subscription {
 public:
  Following(Delivery* delivery, TopicPartition where, std::shared_ptr<Subscriber> subscriber)
      : delivery_(delivery), where_(std::move(where)), subscriber_(std::move(subscriber)) {}
  ~Following() override { delivery_->Close(where_, subscriber_); }

 private:
  Delivery* const delivery_;
  const TopicPartition where_;
  const std::shared_ptr<Subscriber> subscriber_;
};

Delivery::Delivery(std::unique_ptr<JournalQueries> queries)
    : queries_(std::move(queries)), thread_([this] { Run(); }) {}

Delivery::~Delivery() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::unique_ptr<Subscription> Delivery::Subscribe(const TopicPartition& where, int64_t from_offset,
                                                  RecordListener* listener) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->listener = listener;
  subscriber->next_offset = from_offset;
  {
    std::lock_guard lock(mutex_);
    partitions_[where].subscribers.push_back(subscriber);
    woken_ = true;
  }
  changed_.notify_all();
  return std::make_unique<Following>(this, where, std::move(subscriber));
}

void Delivery::Landed(const TopicPartition& where, int64_t end_offset) {
  std::lock_guard lock(mutex_);
  partitions_[where].landed_end = end_offset;
  woken_ = true;
}

void Delivery::Wake() { changed_.notify_all(); }

void Delivery::Close(const TopicPartition& where, const std::shared_ptr<Subscriber>& subscriber) {
  subscriber->closed.store(true);
  {
    std::lock_guard lock(mutex_);
    std::erase(partitions_[where].subscribers, subscriber);
  }
  // Callbacks look at `closed` when they hold this, so none is at work or comes after.
  std::lock_guard calls(subscriber->calls);
}

void Delivery::Run() {
  while (true) {
    std::vector<Work> works;
    {
      std::unique_lock lock(mutex_);
      while (works.empty()) {
        if (stopping_) return;
        woken_ = false;
        Clock::time_point look_again = Clock::time_point::max();
        works = FindWork(look_again);
        if (!works.empty()) break;
        const auto called = [this] { return woken_ || stopping_; };
        if (look_again == Clock::time_point::max()) {
          changed_.wait(lock, called);
        } else {
          changed_.wait_until(lock, look_again, called);
        }
      }
    }
    // One moment for all, and one begin of reading instead of one for each partition. If it can't begin, each
    // reading says so itself.
    absl::Status begun = queries_->BeginSnapshot();
    for (const Work& work : works) Deliver(work);
    if (begun.ok()) queries_->EndSnapshot();
    // What could not be read may be sound on the disk, or sound again.
    if (trouble_) queries_->database().DropCache();
    trouble_ = false;
  }
}

std::vector<Delivery::Work> Delivery::FindWork(Clock::time_point& look_again) {
  std::vector<Work> works;
  const Clock::time_point now = Clock::now();
  for (const auto& [where, partition] : partitions_) {
    const size_t first = works.size();
    for (const std::shared_ptr<Subscriber>& subscriber : partition.subscribers) {
      if (subscriber->caught_up && subscriber->next_offset >= partition.landed_end) continue;
      if (subscriber->not_before > now) {
        look_again = std::min(look_again, subscriber->not_before);
        continue;
      }
      const auto same = std::find_if(works.begin() + static_cast<ptrdiff_t>(first), works.end(),
                                     [&](const Work& w) { return w.from_offset == subscriber->next_offset; });
      if (same != works.end()) {
        same->subscribers.push_back(subscriber);
      } else {
        works.push_back({where, subscriber->next_offset, {subscriber}});
      }
    }
  }
  return works;
}

void Delivery::Deliver(const Work& work) {
  const Chunk chunk = queries_->Read(work.where, work.from_offset, kChunkRecords, kChunkBytes);
  if (!chunk.status.ok()) trouble_ = true;
  for (const std::shared_ptr<Subscriber>& subscriber : work.subscribers) DeliverTo(*subscriber, chunk);
}

void Delivery::DeliverTo(Subscriber& subscriber, const Chunk& chunk) {
  std::lock_guard calls(subscriber.calls);
  if (subscriber.closed.load()) return;
  if (!chunk.records.empty()) {
    subscriber.next_offset = chunk.records.back().offset + 1;
    subscriber.listener->OnRecords(chunk.records);
  }
  const bool news = !chunk.records.empty() || !subscriber.caught_up;
  // Without the end in sight it is to be read on, even if nothing more lands.
  subscriber.caught_up = chunk.at_end;
  if (chunk.status.ok()) {
    subscriber.pause = absl::ZeroDuration();
    if (chunk.at_end && news) subscriber.listener->OnEnd(subscriber.next_offset);
    return;
  }
  const bool first = subscriber.pause == absl::ZeroDuration();
  subscriber.pause = first ? kFirstPause : std::min(subscriber.pause * 2, kLastPause);
  subscriber.not_before = Clock::now() + absl::ToChronoMilliseconds(subscriber.pause);
  if (first) subscriber.listener->OnTrouble(chunk.status);
}

}  // namespace sanyuan::log
