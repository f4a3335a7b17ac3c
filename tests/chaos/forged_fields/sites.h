// The places of a message at which somebody could change one field: every scalar, text, number or enum value that
// is set, every element of a list, every message inside. Found through reflection, so a new field is a new place.
// Not thread-safe: as the message.
#ifndef SANYUAN_TESTS_CHAOS_FORGED_FIELDS_SITES_H_
#define SANYUAN_TESTS_CHAOS_FORGED_FIELDS_SITES_H_

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace sanyuan::testing {

struct Site {
  // "OrderSubmitted.lines.requested_cartons"; with " removed" where an element or a message is taken out.
  std::string kind;
  // Whether the field, or one around it, is personal data: sealed, and left out of the business digest.
  bool personal = false;
  // Changes the field to another value of its type. Good for one call, and only while the message lives.
  std::function<void(std::mt19937_64&)> change;
};

// In the order of the fields. `prefix` is put before each kind.
std::vector<Site> SitesOf(google::protobuf::Message& message, const std::string& prefix,
                          bool personal = false);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_CHAOS_FORGED_FIELDS_SITES_H_
