// Which record a copy is a copy of, also where that was a copy itself. Pure functions, any thread.
#ifndef SANYUAN_COMMON_PARTITION_ORIGIN_H_
#define SANYUAN_COMMON_PARTITION_ORIGIN_H_

#include <cstdint>
#include <vector>

#include "common/partition/rule.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::partition {

// What a copy of `original`, which stands at `place` and folds by `format`, says of it. `numbers`: of its events those that
// the copy has, ascending.
journal::v1::Origin OriginOf(const Place& place, const journal::v1::Decision& original, uint32_t format,
                             const std::vector<uint32_t>& numbers);

// Of an event of the copy its number in the record that `origin` names.
uint32_t NumberInOrigin(const journal::v1::Origin& origin, uint32_t index);

// The record that was decided and not copied.
const journal::v1::Origin& FirstOrigin(const journal::v1::Origin& origin);

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_ORIGIN_H_
