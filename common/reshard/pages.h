// Heights in events: a publishing event names the decisions that hold its pages by their heights, which are others in a copy.
// Not thread-safe.
#ifndef SANYUAN_COMMON_RESHARD_PAGES_H_
#define SANYUAN_COMMON_RESHARD_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace sanyuan::reshard {

// Whether a later event may name decisions with events of this type: the name of the type ends with "Page".
bool IsPage(const google::protobuf::Message& inner);
// What the event names in its field `page_heights`; none of most.
std::vector<uint64_t> PageHeights(const google::protobuf::Message& inner);
// Names others, as many. REQUIRES: as many as PageHeights gives.
void SetPageHeights(const std::vector<uint64_t>& heights, google::protobuf::Message& inner);
// The message that the `event` oneof of a context's Event holds, to be changed. REQUIRES: it holds one.
google::protobuf::Message& MutableInner(google::protobuf::Message& event);
// Of a page and of who names it the same: its `run_id`, else its `window_id`; empty when it has neither.
std::string RunOrWindowOf(const google::protobuf::Message& inner);

// Where the pages of older journals stand in the new ones. Journals are numbered by the caller.
class PageMap {
 public:
  void Note(size_t from, uint64_t height, size_t to, uint64_t new_height);
  // Puts the new heights into an event (InnerEvent) that goes from one journal to another. DataLoss: it names a decision that
  // was not noted, or one that went elsewhere.
  absl::Status Map(size_t from, size_t to, google::protobuf::Message& inner) const;

 private:
  std::map<std::pair<size_t, uint64_t>, std::pair<size_t, uint64_t>> places_;
};

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_PAGES_H_
