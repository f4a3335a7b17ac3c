#include "common/events/publishers.h"

#include <utility>

namespace sanyuan::events {
namespace {

constexpr absl::Duration kLook = absl::Seconds(1);

}  // namespace

Publishers::Publishers(std::unique_ptr<log::EventTopics> topics, int32_t partitions,
                       partition::Strictness strictness)
    : partitions_(partitions), strictness_(strictness), topics_(std::move(topics)) {
  ticker_ = executor_.Every(kLook, [this] {
    const std::lock_guard lock(mutex_);
    for (const auto& publisher : publishers_) publisher->Look();
  });
}

Publishers::~Publishers() { Stop(); }

host::PartitionObserver* Publishers::Observe(const host::ContextSpec& spec,
                                             const log::TopicPartition& journal, host::ReadRecords read) {
  Publisher::Source source;
  source.origin = {spec.context, journal.partition, spec.single_partition ? 1 : partitions_};
  source.journal = journal;
  source.read = std::move(read);
  source.new_event = [prototype = std::shared_ptr<const google::protobuf::Message>(
                          spec.new_domain()->NewEvent())] { return partition::EventPtr(prototype->New()); };
  source.strictness = strictness_;
  const std::lock_guard lock(mutex_);
  publishers_.push_back(
      std::make_unique<Publisher>(source, *topics_, executor_.NewStrand(), executor_.NewStrand()));
  return publishers_.back().get();
}

std::vector<PublisherStatus> Publishers::Statuses() const {
  std::vector<PublisherStatus> statuses;
  const std::lock_guard lock(mutex_);
  for (const auto& publisher : publishers_) statuses.push_back(publisher->status());
  return statuses;
}

void Publishers::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    for (const auto& publisher : publishers_) publisher->Stop();
  }
  ticker_.reset();
  executor_.Stop();
  // Gives up what is under way: the publishers are told, and nothing runs any more.
  topics_.reset();
}

}  // namespace sanyuan::events
