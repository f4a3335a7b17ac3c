// An accepted decision of a journal, for checks that read journals from their beginnings.
#ifndef SANYUAN_TESTS_SUPPORT_JOURNALED_H_
#define SANYUAN_TESTS_SUPPORT_JOURNALED_H_

#include <cstdint>

#include "common/partition/domain.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::testing {

struct Journaled {
  uint64_t height = 0;
  partition::Stamp stamp;
  journal::v1::Decision decision;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_JOURNALED_H_
