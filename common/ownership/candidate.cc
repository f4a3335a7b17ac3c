#include "common/ownership/candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sanyuan::ownership {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
// An asking that was not read back by then is sent again: the log was away.
constexpr absl::Duration kAskAgain = absl::Seconds(2);

std::optional<std::string> Differs(const partition::Place& announced, const partition::Place& accepted) {
  if (announced.journal_id != accepted.journal_id || announced.height != accepted.height ||
      announced.head == accepted.head) {
    return std::nullopt;
  }
  return fmt::format("another instance has accepted another record of height {}: {} and not {}",
                     accepted.height, announced.head.Hex(), accepted.head.Hex());
}

}  // namespace

Candidate::Candidate(Announcement self, CandidateOptions options)
    : self_(std::move(self)), options_(options) {}

void Candidate::OnAssigned(bool assigned) {
  if (!std::exchange(assigned_, assigned) && assigned) claims_ = true;
}

std::optional<std::string> Candidate::OnAnnounced(const Announcement& announcement, bool earlier,
                                                  absl::Time now) {
  using State = Announcement::State;
  const bool own = announcement.instance == self_.instance;
  const bool leads = leader_ && leader_->instance == announcement.instance;
  switch (announcement.state) {
    case State::kWanting:
      newest_wanting_ = announcement.instance;
      if (!own && !earlier) other_asked_ = now;
      if (own) {
        if (phase_ == Phase::kWanting) wanted_at_ = now;
      } else if (phase_ == Phase::kWanting) {
        Follow();
      } else if (phase_ == Phase::kLeading || phase_ == Phase::kStopping || phase_ == Phase::kStopped) {
        stops_for_ = announcement.instance;
        phase_ = Phase::kStopping;
      }
      break;
    case State::kLeading:
      if (!leader_ || leads || !leader_->place || !announcement.place ||
          announcement.place->term >= leader_->place->term) {
        leader_ = announcement;
        leader_heard_ = now;
        leader_of_old_ = earlier;
        if (!own) other_heard_ = now;
      }
      break;
    case State::kStopped:
      if (leads && announcement.stopped_for == self_.instance) stopped_for_us_ = true;
      break;
    case State::kLeft:
      if (leads) leader_.reset();
      if (leads && !own) other_heard_ = absl::InfinitePast();
      break;
    case State::kFollowing:
      break;
  }
  if (own) return std::nullopt;
  if (!announcement.place) {
    published_.erase(announcement.instance);
    return std::nullopt;
  }
  published_[announcement.instance] = *announcement.place;
  // What is said now is said of what is read now; an older row may be of journals that were begun anew since.
  if (!earlier && !heads_.empty() && heads_.back().journal_id != announcement.place->journal_id) {
    return "another instance reads another journal in its place";
  }
  const auto accepted = std::find_if(heads_.rbegin(), heads_.rend(), [&](const partition::Place& head) {
    return head.height == announcement.place->height;
  });
  return accepted == heads_.rend() ? std::nullopt : Differs(*announcement.place, *accepted);
}

std::optional<std::string> Candidate::OnAccepted(const partition::Place& place) {
  heads_.push_back(place);
  if (heads_.size() > options_.heads) heads_.pop_front();
  for (const auto& [instance, published] : published_) {
    if (auto differs = Differs(published, place)) return differs;
  }
  return std::nullopt;
}

void Candidate::OnReleased() { published_.clear(); }

std::vector<Announcement> Candidate::Withdrawn() const {
  std::vector<Announcement> withdrawn;
  for (const auto& [instance, published] : published_) {
    Announcement announcement;
    announcement.share = self_.share;
    announcement.instance = instance;
    announcement.state = Announcement::State::kFollowing;
    withdrawn.push_back(std::move(announcement));
  }
  return withdrawn;
}

void Candidate::OnStoodDown(absl::Time now) {
  Follow();
  // Whoever took over says so at once; until then it counts as heard.
  leader_.reset();
  other_heard_ = now;
}

void Candidate::Follow() {
  phase_ = Phase::kFollowing;
  stopped_for_us_ = false;
  behind_since_ = absl::InfiniteFuture();
}

bool Candidate::LeaderAnswers(absl::Time now) const {
  if (!leader_ || leader_->instance == self_.instance) return false;
  return leader_of_old_ || now - leader_heard_ <= options_.stale;
}

bool Candidate::Silent(absl::Time now) const {
  return now - other_heard_ > options_.silence && now - other_asked_ > options_.lapse;
}

// Another one leads what was taken from it. That it was shared out to this instance may have been told before this one
// knew of the take-over.
bool Candidate::LeadsUnassigned() const {
  return leader_ && leader_->instance != self_.instance && !leader_of_old_ && !leader_->assigned;
}

bool Candidate::ReachedAll(const Standing& standing) const {
  if (!standing.at_end || !standing.place) return false;
  return std::all_of(published_.begin(), published_.end(), [&](const auto& published) {
    return published.second.journal_id != standing.place->journal_id ||
           published.second.height <= standing.place->height;
  });
}

absl::Duration Candidate::Behind(absl::Time now) const {
  return std::max(absl::ZeroDuration(), now - behind_since_);
}

Announcement Candidate::Say(Announcement::State state, const Standing& standing) const {
  Announcement announcement = self_;
  announcement.state = state;
  announcement.place = standing.place;
  announcement.damage = standing.damage;
  announcement.assigned = assigned_;
  if (state == Announcement::State::kStopped) announcement.stopped_for = stops_for_;
  return announcement;
}

Course Candidate::Step(const Standing& standing, absl::Time now) {
  Course course;
  if (standing.damage) {
    Follow();
    if (told_damage_ != standing.damage) {
      told_damage_ = standing.damage;
      course.announce.push_back(Say(Announcement::State::kFollowing, standing));
    }
    return course;
  }
  if (std::exchange(told_damage_, std::nullopt)) claims_ = true;  // It was released.
  if (phase_ == Phase::kFollowing) StepFollowing(standing, now, course);
  if (phase_ == Phase::kWanting) StepWanting(standing, now, course);
  if (phase_ == Phase::kTakingOver && !assigned_ && !standing.leading) Follow();
  if (phase_ == Phase::kTakingOver && standing.leading) {
    announced_at_ = absl::InfinitePast();
    phase_ = Phase::kLeading;
    if (!Newest() && !newest_wanting_.empty()) {
      stops_for_ = newest_wanting_;
      phase_ = Phase::kStopping;
    }
  }
  if (phase_ == Phase::kLeading || phase_ == Phase::kStopping || phase_ == Phase::kStopped) {
    StepLeading(standing, now, course);
  }
  course.lead = phase_ != Phase::kFollowing && phase_ != Phase::kWanting;
  course.pause = phase_ == Phase::kStopping || phase_ == Phase::kStopped;
  return course;
}

void Candidate::StepFollowing(const Standing& standing, absl::Time now, Course& course) {
  if (!assigned_) return;
  claims_ = claims_ || Silent(now) || LeadsUnassigned();
  if (!claims_ || !standing.at_end || !standing.place || now < not_before_) return;
  claims_ = false;
  phase_ = Phase::kWanting;
  wanted_at_ = absl::InfiniteFuture();
  announced_at_ = now;
  course.announce.push_back(Say(Announcement::State::kWanting, standing));
}

void Candidate::StepWanting(const Standing& standing, absl::Time now, Course& course) {
  if (!assigned_) return Follow();
  if (wanted_at_ == absl::InfiniteFuture()) {
    if (now - announced_at_ < kAskAgain) return;
    announced_at_ = now;
    course.announce.push_back(Say(Announcement::State::kWanting, standing));
    return;
  }
  if (!Newest()) return Follow();
  if (LeaderAnswers(now) && !stopped_for_us_ && now - wanted_at_ < options_.patience) return;
  if (!ReachedAll(standing)) {
    behind_since_ = std::min(behind_since_, now);
    return;
  }
  behind_since_ = absl::InfiniteFuture();
  not_before_ = now + pause_;
  pause_ = std::clamp(pause_ * 2, kFirstPause, options_.longest_pause);
  phase_ = Phase::kTakingOver;
}

void Candidate::StepLeading(const Standing& standing, absl::Time now, Course& course) {
  if (!standing.leading) {
    // Its producer was lost, or it reads anew: it takes over once more, if nobody else has.
    stopped_for_us_ = false;
    if (!assigned_) return Follow();
    phase_ = Phase::kTakingOver;
    return;
  }
  if (standing.decided) {
    pause_ = absl::ZeroDuration();
    not_before_ = absl::InfinitePast();
  }
  if (phase_ == Phase::kStopping && standing.drained) {
    phase_ = Phase::kStopped;
    stopped_at_ = announced_at_ = now;
    course.announce.push_back(Say(Announcement::State::kStopped, standing));
  }
  if (phase_ == Phase::kStopped && now - stopped_at_ > options_.lapse) {
    phase_ = Phase::kLeading;
    newest_wanting_ = self_.instance;
  }
  if (phase_ != Phase::kStopped && now - announced_at_ >= options_.refresh) {
    announced_at_ = now;
    course.announce.push_back(Say(Announcement::State::kLeading, standing));
  }
}

}  // namespace sanyuan::ownership
