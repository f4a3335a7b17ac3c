// Announcements as rows of the owners topic, and back. Pure, any thread.
#ifndef SANYUAN_COMMON_OWNERSHIP_ROWS_H_
#define SANYUAN_COMMON_OWNERSHIP_ROWS_H_

#include <optional>
#include <string>
#include <variant>

#include "common/ownership/ownership.h"

namespace sanyuan::ownership {

// The topic in which the owners of a context's partitions are announced.
std::string OwnersTopic(const std::string& context);

std::string KeyOf(const Announcement& announcement);
std::string KeyOf(const Presence& presence);
std::string Encode(const Announcement& announcement);
std::string Encode(const Presence& presence);
// nullopt: not one of ours.
std::optional<std::variant<Announcement, Presence>> Decode(const std::string& row);

}  // namespace sanyuan::ownership

#endif  // SANYUAN_COMMON_OWNERSHIP_ROWS_H_
