#include "common/ownership/rows.h"

#include <algorithm>
#include <utility>

#include "sanyuan/ownership/v1/ownership.pb.h"

namespace sanyuan::ownership {
namespace {

using Wire = v1::Announcement;

Wire::State ToWire(Announcement::State state) {
  switch (state) {
    case Announcement::State::kWanting:
      return Wire::STATE_WANTING;
    case Announcement::State::kLeading:
      return Wire::STATE_LEADING;
    case Announcement::State::kStopped:
      return Wire::STATE_STOPPED;
    case Announcement::State::kLeft:
      return Wire::STATE_LEFT;
    case Announcement::State::kFollowing:
      return Wire::STATE_FOLLOWING;
  }
  return Wire::STATE_UNSPECIFIED;
}

std::optional<Announcement::State> FromWire(Wire::State state) {
  switch (state) {
    case Wire::STATE_WANTING:
      return Announcement::State::kWanting;
    case Wire::STATE_LEADING:
      return Announcement::State::kLeading;
    case Wire::STATE_STOPPED:
      return Announcement::State::kStopped;
    case Wire::STATE_LEFT:
      return Announcement::State::kLeft;
    case Wire::STATE_FOLLOWING:
      return Announcement::State::kFollowing;
    default:
      return std::nullopt;
  }
}

std::optional<Announcement> FromWire(const Wire& wire) {
  Announcement announcement;
  announcement.share = {wire.context(), wire.partition()};
  announcement.instance = wire.instance();
  announcement.address = wire.address();
  const auto state = FromWire(wire.state());
  if (!state) return std::nullopt;
  announcement.state = *state;
  announcement.stopped_for = wire.stopped_for();
  announcement.assigned = wire.assigned();
  partition::Place place;
  if (wire.journal_id().size() == place.journal_id.size() && wire.head().size() == place.head.bytes.size()) {
    std::copy(wire.journal_id().begin(), wire.journal_id().end(), place.journal_id.begin());
    place.term = wire.term();
    place.height = wire.height();
    place.head = DigestFromBytes(wire.head());
    announcement.place = place;
  }
  if (wire.has_damage()) announcement.damage = FoundDamage{wire.damage().offset(), wire.damage().why()};
  return announcement;
}

Presence FromWire(const v1::Presence& wire) {
  Presence presence;
  presence.instance = wire.instance();
  presence.address = wire.address();
  presence.left = wire.left();
  presence.newest_format = std::max(wire.newest_format(), 1U);
  presence.sent_at_us = wire.sent_at_us();
  if (wire.has_simulated_now()) {
    presence.simulated_now_us =
        wire.simulated_now().seconds() * 1'000'000 + wire.simulated_now().nanos() / 1'000;
  }
  return presence;
}

}  // namespace

std::string OwnersTopic(const std::string& context) { return context + ".owners"; }

std::string KeyOf(const Announcement& announcement) { return "announcement/" + announcement.instance; }
std::string KeyOf(const Presence& presence) { return "presence/" + presence.instance; }

std::string Encode(const Announcement& announcement) {
  v1::Row row;
  Wire& wire = *row.mutable_announcement();
  wire.set_context(announcement.share.context);
  wire.set_partition(announcement.share.partition);
  wire.set_instance(announcement.instance);
  wire.set_address(announcement.address);
  wire.set_state(ToWire(announcement.state));
  wire.set_stopped_for(announcement.stopped_for);
  wire.set_assigned(announcement.assigned);
  if (announcement.place) {
    const partition::Place& place = *announcement.place;
    wire.set_journal_id(place.journal_id.data(), place.journal_id.size());
    wire.set_term(place.term);
    wire.set_height(place.height);
    wire.set_head(std::string(place.head.view()));
  }
  if (announcement.damage) {
    wire.mutable_damage()->set_offset(announcement.damage->offset);
    wire.mutable_damage()->set_why(announcement.damage->why);
  }
  return row.SerializeAsString();
}

std::string Encode(const Presence& presence) {
  v1::Row row;
  v1::Presence& wire = *row.mutable_presence();
  wire.set_instance(presence.instance);
  wire.set_address(presence.address);
  wire.set_left(presence.left);
  wire.set_newest_format(presence.newest_format);
  wire.set_sent_at_us(presence.sent_at_us);
  if (presence.simulated_now_us) {
    wire.mutable_simulated_now()->set_seconds(*presence.simulated_now_us / 1'000'000);
    wire.mutable_simulated_now()->set_nanos(
        static_cast<int32_t>(*presence.simulated_now_us % 1'000'000 * 1'000));
  }
  return row.SerializeAsString();
}

std::optional<std::variant<Announcement, Presence>> Decode(const std::string& bytes) {
  v1::Row row;
  if (!row.ParseFromString(bytes)) return std::nullopt;
  if (row.has_presence()) return FromWire(row.presence());
  if (!row.has_announcement()) return std::nullopt;
  auto announcement = FromWire(row.announcement());
  if (!announcement) return std::nullopt;
  return *std::move(announcement);
}

}  // namespace sanyuan::ownership
