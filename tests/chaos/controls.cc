// Switches off the safeguard of the journal or of its engines that SANYUAN_TEST_WITHOUT names, before anything else begins.
#include <cstdlib>
#include <map>
#include <string>

#include "common/partition/safeguards.h"

#ifndef SANYUAN_TEST_CONTROLS
#error "this needs the build in which safeguards can be switched off"
#endif

namespace sanyuan::partition {
namespace {

const bool kDone = [] {
  const char* name = std::getenv("SANYUAN_TEST_WITHOUT");
  if (name == nullptr) return true;
  const std::map<std::string, bool*> safeguards = {
      {"check_prev", &Safeguards::check_prev},
      {"check_term", &Safeguards::check_term},
      {"fold_request_ids", &Safeguards::fold_request_ids},
      {"answer_after_read_back", &Safeguards::answer_after_read_back},
      {"verify_stored_places", &Safeguards::verify_stored_places},
      {"one_request_in_flight", &Safeguards::one_request_in_flight},
      {"acks_of_all_in_sync", &Safeguards::acks_of_all_in_sync},
      {"exact_view_position", &Safeguards::exact_view_position},
  };
  const auto found = safeguards.find(name);
  if (found == safeguards.end()) std::abort();  // A test that names it wrongly must not pass as one without.
  *found->second = false;
  return true;
}();

}  // namespace
}  // namespace sanyuan::partition
