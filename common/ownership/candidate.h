// Whether this instance should write one partition, as a state machine without threads or I/O: what is assigned and
// announced goes in, and what the partition shall do and what is to be announced comes out.
//
//   who is assigned asks         WANTING, once its own reading has come to the journal's end
//   who leads stops for it       answers what it has written, then STOPPED; goes on by itself when nobody takes over
//   who asked takes over         when it was told so, when nobody leads, or when it has waited long enough
//   who leads says so            LEADING, again and again
//   who was put in its place     follows, and asks again when it is assigned anew or the other has fallen silent
//
// Only the newest asker takes over, and only when it has accepted all that anybody has announced to have accepted.
// Taking over again and again without deciding anything in between comes ever more slowly.
//
// Time is what Step is told: a clock that never goes back. Thread safety: none.
#ifndef SANYUAN_COMMON_OWNERSHIP_CANDIDATE_H_
#define SANYUAN_COMMON_OWNERSHIP_CANDIDATE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/ownership/ownership.h"

namespace sanyuan::ownership {

struct CandidateOptions {
  absl::Duration refresh = absl::Milliseconds(500);   // Between two announcements of who leads.
  absl::Duration stale = absl::Milliseconds(1500);    // Without one for so long, nobody is asked to stop.
  absl::Duration patience = absl::Milliseconds(500);  // For an answer of who leads.
  absl::Duration lapse = absl::Seconds(2);            // After it who has stopped for nothing goes on.
  absl::Duration silence =
      absl::Seconds(10);  // After it who is assigned and was put in its place asks again.
  absl::Duration longest_pause =
      absl::Seconds(30);  // Between two take-overs of one instance without a decision.
  size_t heads = 512;     // Own heads that are remembered, to be compared.
};

// How the partition stands when Step is asked.
struct Standing {
  bool at_end = false;   // All of the journal was read that it had when it was last looked at.
  bool leading = false;  // Its take-over was accepted and no other one since.
  bool drained = true;   // Nothing that it wrote is still to be read back.
  bool decided = false;  // It has decided something since it took over.
  std::optional<partition::Place> place;
  std::optional<FoundDamage> damage;  // Set: it is halted.
};

// What it shall do.
struct Course {
  bool lead = false;   // Take over, and stay.
  bool pause = false;  // Take nothing on: another asked.
  std::vector<Announcement> announce;
};

class Candidate {
 public:
  // `self`: how this instance announces itself, with share, instance and address.
  Candidate(Announcement self, CandidateOptions options);

  // What is not assigned any more is led on until another has taken over.
  void OnAssigned(bool assigned);
  // An announced head that differs from the one that was accepted at its height is damage: the message says so. The same
  // when the height is accepted later.
  std::optional<std::string> OnAnnounced(const Announcement& announcement, bool earlier, absl::Time now);
  std::optional<std::string> OnAccepted(const partition::Place& place);
  // A release was accepted: what was announced before may have been dropped.
  void OnReleased();
  // Another's take-over was accepted.
  void OnStoodDown(absl::Time now);

  Course Step(const Standing& standing, absl::Time now);

  // Who leads now, as far as anybody has said; nobody when that one has left.
  const std::optional<Announcement>& leader() const { return leader_; }
  // For how long this instance might have taken over, had it accepted all that others announced.
  absl::Duration Behind(absl::Time now) const;
  // Whether something may come of looking again soon: Step is then worth asking after every event.
  bool Moving() const { return phase_ != Phase::kFollowing && phase_ != Phase::kLeading; }
  // What was announced so far by others and holds no longer, because a release has dropped it: to be announced by whoever
  // released.
  std::vector<Announcement> Withdrawn() const;

 private:
  enum class Phase : uint8_t { kFollowing, kWanting, kTakingOver, kLeading, kStopping, kStopped };

  Announcement Say(Announcement::State state, const Standing& standing) const;
  bool Newest() const { return newest_wanting_ == self_.instance; }
  bool LeaderAnswers(absl::Time now) const;
  bool ReachedAll(const Standing& standing) const;
  void Follow();
  bool Silent(absl::Time now) const;
  bool LeadsUnassigned() const;
  void StepFollowing(const Standing& standing, absl::Time now, Course& course);
  void StepWanting(const Standing& standing, absl::Time now, Course& course);
  void StepLeading(const Standing& standing, absl::Time now, Course& course);

  const Announcement self_;
  const CandidateOptions options_;
  Phase phase_ = Phase::kFollowing;
  bool assigned_ = false;
  bool claims_ = false;  // Assigned since it last tried, or the one who was first has fallen silent.

  std::optional<Announcement> leader_;
  absl::Time leader_heard_ = absl::InfinitePast();
  absl::Time other_heard_ = absl::InfinitePast();  // When another one led, as far as is known.
  absl::Time other_asked_ = absl::InfinitePast();
  bool leader_of_old_ = false;  // Nobody knows how long ago it was announced.
  std::string newest_wanting_;  // Instance.
  bool stopped_for_us_ = false;
  std::string stops_for_;                              // The instance for which this one stops.
  std::map<std::string, partition::Place> published_;  // The last place of each instance.

  absl::Time wanted_at_ = absl::InfinitePast();  // When its own asking was read; not yet: InfiniteFuture.
  absl::Time stopped_at_ = absl::InfinitePast();
  absl::Time announced_at_ = absl::InfinitePast();
  absl::Time behind_since_ = absl::InfiniteFuture();
  absl::Time not_before_ = absl::InfinitePast();  // Of the next take-over.
  absl::Duration pause_ = absl::ZeroDuration();
  std::optional<FoundDamage> told_damage_;

  std::deque<partition::Place> heads_;  // The latest that were accepted here.
};

}  // namespace sanyuan::ownership

#endif  // SANYUAN_COMMON_OWNERSHIP_CANDIDATE_H_
