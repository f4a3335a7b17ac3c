// Publishes the events of one partition: follows what it has accepted, writes each event to the topic of its context, and
// goes on after a restart from what that topic holds: behind the last event that it finds there. So events may be
// repeated, with the ids that they had, and none is left out.
//
// It keeps no queue: one batch is under way, and the journal is read again for the next. Brokers that are slow or away
// hold up nothing else. When nothing was published for a while the last event is repeated, so that a topic whose old
// records are deleted does not forget how far publishing has come.
//
// What it does not understand blocks it, and it says so: a topic with events of another journal, or with events that the
// journal does not hold although no operator's release says why. It looks again every half minute.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_EVENTS_PUBLISHER_H_
#define SANYUAN_COMMON_EVENTS_PUBLISHER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/events/cloud_event.h"
#include "common/host/partition_observer.h"
#include "common/host/tail.h"
#include "common/log/event_topics.h"

namespace sanyuan::events {

struct PublisherStatus {
  std::string context;
  int32_t partition = 0;
  bool leads = false;
  uint64_t accepted = 0;  // Height of the partition's last accepted record.
  uint64_t published =
      0;  // All events up to this height are durable in the topic, as far as this process knows.
  bool blocked = false;
  std::string problem;  // For people; empty while all is well.
};

class Publisher final : public host::PartitionObserver {
 public:
  struct Source {
    Origin origin;
    log::TopicPartition journal;
    host::ReadRecords read;  // May block.
    std::function<partition::EventPtr()> new_event;
    partition::Strictness strictness = partition::Strictness::kStrict;
  };
  // Both strands may block. `topics` outlives the strands' work.
  Publisher(const Source& source, log::EventTopics& topics, std::unique_ptr<host::Strand> strand,
            std::unique_ptr<host::Strand> tail_strand);
  // No work of its strands may be left.
  ~Publisher() override;

  // host::PartitionObserver. While another process leads nothing is published from here.
  void Reached(const partition::Place& place) override;
  void Restarted() override { tail_.Restarted(); }
  void Halted(const std::string& why) override { tail_.Halted(why); }
  void Leads(bool leads) override;

  // To be called every second or so: tries again what failed.
  void Look();
  // Begins nothing any more.
  void Stop() { stopped_ = true; }
  PublisherStatus status() const;

 private:
  void PostTurn();
  void Turn();
  // Finds where to go on and follows the tail from there. False: not now, and why was said.
  bool Resume();
  bool ResumeFromBeginning();
  // Follows from where this event was decided.
  absl::Status FollowFrom(const PublishedAt& at, bool newest);
  std::vector<log::EventMessage> MessagesOf(const std::vector<host::TailRecordPtr>& records);
  // False: what is to be published now should have been before the events that the topic holds beyond it.
  bool IsExplained(const host::TailRecord& record);
  void Written(const absl::Status& status, uint64_t height);
  void TryAgain(const absl::Status& why);
  void Block(const std::string& why);
  void BlockUnexplained();
  void SetProblem(const std::string& problem, bool blocked);

  const Source source_;
  const log::TopicPartition where_;
  log::EventTopics& topics_;
  const std::unique_ptr<host::Strand> strand_;
  host::Tail tail_;

  std::atomic<bool> stopped_{false};
  std::atomic<bool> leads_{false};
  std::atomic<bool> turn_posted_{false};

  mutable std::mutex mutex_;
  PublisherStatus status_;

  // Used on the strand only.
  std::unique_ptr<host::Tail::Follower> follower_;
  bool writing_ = false;
  uint64_t resumed_at_ = 0;   // Height of the decision of the last event that was found in the topic.
  uint32_t first_index_ = 0;  // Of that decision: the first event that is not known to be there.
  std::string beyond_;        // Newer events that the journal does not hold; empty when there are none.
  bool skip_one_ = false;     // Of a test build.
  absl::Time next_try_ = absl::InfinitePast();
  absl::Time last_written_ = absl::InfiniteFuture();  // When the topic got its last event; not known yet.
};

}  // namespace sanyuan::events

#endif  // SANYUAN_COMMON_EVENTS_PUBLISHER_H_
