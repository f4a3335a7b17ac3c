#include "common/partition/origin.h"

#include <string>

namespace sanyuan::partition {

using journal::v1::Origin;

Origin OriginOf(const Place& place, const journal::v1::Decision& original, uint32_t format,
                const std::vector<uint32_t>& numbers) {
  Origin origin;
  origin.set_journal_id(place.journal_id.data(), place.journal_id.size());
  origin.set_height(place.height);
  origin.set_head(std::string(place.head.view()));
  origin.set_format(format);
  const bool whole = numbers.size() == static_cast<size_t>(original.events_size());
  if (!whole) origin.mutable_events()->Assign(numbers.begin(), numbers.end());
  if (!original.has_copied_from()) return origin;
  *origin.mutable_before() = original.copied_from();
  for (Origin* at = origin.mutable_before(); !whole; at = at->mutable_before()) {
    std::vector<uint32_t> there;
    for (const uint32_t number : numbers) there.push_back(NumberInOrigin(*at, number));
    at->mutable_events()->Assign(there.begin(), there.end());
    if (!at->has_before()) break;
  }
  return origin;
}

uint32_t NumberInOrigin(const Origin& origin, uint32_t index) {
  const auto at = static_cast<int>(index);
  return at < origin.events_size() ? origin.events(at) : index;
}

const Origin& FirstOrigin(const Origin& origin) {
  return origin.has_before() ? FirstOrigin(origin.before()) : origin;
}

}  // namespace sanyuan::partition
