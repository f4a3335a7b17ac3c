// A journal in memory with a tail on it, driven by hand: the test says which records lie there, how far the
// partition has accepted them, and when the shared reading runs. For tests of feeds.
#ifndef SANYUAN_TESTS_SUPPORT_FOLLOWED_JOURNAL_H_
#define SANYUAN_TESTS_SUPPORT_FOLLOWED_JOURNAL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/host/tail.h"
#include "sanyuan/journal/v1/journal.pb.h"
#include "tests/support/memory_journal.h"
#include "tests/support/timeline.h"

namespace sanyuan::testing {

class FollowedJournal {
 public:
  FollowedJournal(std::function<partition::EventPtr()> new_event,
                  std::function<bool(const google::protobuf::Message&)> shown, uint8_t journal_number = 1)
      : FollowedJournal(std::move(new_event), std::move(shown),
                        GenesisRecord("three_member_interaction", journal_number)) {}
  FollowedJournal(std::function<partition::EventPtr()> new_event,
                  std::function<bool(const google::protobuf::Message&)> shown, std::string genesis)
      : records(1, std::move(genesis)),
        tail({{"three_member_interaction.journal", 0}, Reader(), std::move(new_event), std::move(shown)},
             timeline_.NewStrand()) {
    partition::Frame frame;
    partition::Parse(records.front(), frame);
    place_ = {frame.journal_id, 0, 0, frame.digest, 0};
    Accept();
  }

  // A record behind the last one, which the partition has not accepted yet.
  void Append(partition::FrameKind kind, const std::string& payload) {
    partition::Frame frame;
    frame.kind = kind;
    frame.journal_id = place_.journal_id;
    frame.height = place_.height + 1;
    frame.term = kind == partition::FrameKind::kDecision ? place_.term : frame.height;
    frame.prev = place_.head;
    frame.payload = payload;
    records.push_back(partition::Seal(frame));
    place_ = {frame.journal_id, frame.term, frame.height, frame.digest,
              static_cast<int64_t>(records.size()) - 1};
  }
  void Append(const std::vector<std::string>& events, absl::Time decided_at) {
    journal::v1::Decision decision;
    decision.set_decided_at_us(absl::ToUnixMicros(decided_at));
    for (const std::string& event : events) decision.add_events(event);
    Append(partition::FrameKind::kDecision, decision.SerializeAsString());
  }
  // An operator's answer to damage at `offset`, which drops all from there on and stands behind `place`.
  void Release(const partition::Place& place, int64_t offset) {
    journal::v1::Release release;
    release.set_damage_offset(offset);
    release.set_damage_sha256(std::string(Sha256(records[static_cast<size_t>(offset)]).view()));
    release.set_resume_offset(static_cast<int64_t>(records.size()) + 1);
    place_ = place;
    Append(partition::FrameKind::kRelease, release.SerializeAsString());
  }
  // The partition accepts all that is there, and the shared reading follows.
  void Accept() {
    tail.Reached(place_);
    Run();
  }
  void Run() { timeline_.Pass(absl::ZeroDuration()); }
  const partition::Place& place() const { return place_; }

  // What lies there. The journal outlives it.
  host::ReadRecords Reader() {
    return [this](const log::TopicPartition&, int64_t offset,
                  size_t limit) -> absl::StatusOr<std::vector<log::Record>> {
      std::vector<log::Record> found;
      for (auto at = static_cast<size_t>(offset); at < records.size() && found.size() < limit; ++at) {
        found.push_back({static_cast<int64_t>(at), records[at]});
      }
      return found;
    };
  }

 private:
  Timeline timeline_;
  partition::Place place_;

 public:
  std::vector<std::string> records;
  host::Tail tail;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_FOLLOWED_JOURNAL_H_
