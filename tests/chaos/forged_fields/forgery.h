// A forger who can write journals: he changes one field of one decision and seals that frame and all after it anew,
// so that every digest of the chain is right. What is left to find him are the content, the state digests that
// take-overs and decisions recorded, and the business digest.
// Pure, any thread.
#ifndef SANYUAN_TESTS_CHAOS_FORGED_FIELDS_FORGERY_H_
#define SANYUAN_TESTS_CHAOS_FORGED_FIELDS_FORGERY_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/host/replay.h"

namespace sanyuan::testing {

struct Journal {
  host::ContextSpec spec;
  int32_t partition = 0;
  std::vector<std::string> records;
};

// What a journal comes to when it is folded to its end.
struct Folded {
  std::optional<partition::Damage> damage;
  std::map<County, Digest> business;
  Digest state;
  std::map<std::string, std::string> view;  // Every row that a query can read.
};

// Journals as a reader meets them, through the product's own replay.
Folded ReplayOf(const Journal& journal, const std::vector<std::string>& records);

struct Forged {
  // As the forger leaves it who keeps the recorded state digests.
  std::vector<std::string> records;
  // What the journal comes to if he corrects those too, which takes the whole state at each of them.
  Folded corrected;
  // Whether there was one to correct.
  bool contradicts_a_state_digest = false;
};

// The journal with the decision at `height` holding `payload`. Heights are places in the list, as in a journal that
// nobody disturbed.
Forged Forge(const Journal& journal, size_t height, const std::string& payload);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_CHAOS_FORGED_FIELDS_FORGERY_H_
