#include "common/ownership/directory.h"

namespace sanyuan::ownership {
namespace {

// Instances say that they live every second.
constexpr absl::Duration kDead = absl::Seconds(5);

uint64_t TermOf(const Announcement& announcement) {
  return announcement.place ? announcement.place->term : 0;
}

}  // namespace

void Directory::OnAnnounced(const Announcement& announcement) {
  const std::lock_guard lock(mutex_);
  shares_.insert(announcement.share);
  const auto known = leaders_.find(announcement.share);
  switch (announcement.state) {
    case Announcement::State::kLeading:
      if (known == leaders_.end() || TermOf(announcement) >= TermOf(known->second)) {
        leaders_[announcement.share] = announcement;
      }
      break;
    case Announcement::State::kLeft:
      if (known != leaders_.end() && known->second.instance == announcement.instance) leaders_.erase(known);
      break;
    default:
      break;
  }
}

void Directory::OnPresent(const Presence& presence, bool earlier, absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (presence.left || earlier) {
    instances_.erase(presence.instance);
  } else {
    instances_[presence.instance] = {presence, now};
  }
}

std::optional<Announcement> Directory::LeaderOf(const Share& share) const {
  const std::lock_guard lock(mutex_);
  const auto known = leaders_.find(share);
  return known == leaders_.end() ? std::nullopt : std::optional(known->second);
}

std::set<Share> Directory::Shares() const {
  const std::lock_guard lock(mutex_);
  return shares_;
}

std::vector<Presence> Directory::Living(absl::Time now) const {
  std::vector<Presence> living;
  const std::lock_guard lock(mutex_);
  for (const auto& [instance, heard] : instances_) {
    if (now - heard.at <= kDead) living.push_back(heard.presence);
  }
  return living;
}

}  // namespace sanyuan::ownership
