// An explanation record in words, Chinese and English (R76, R85): what was asked for, which rule decided, what the
// numbers were. Every sentence says what the record says and nothing else. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_EXPLAIN_H_
#define SANYUAN_SERVICES_ALLOCATION_EXPLAIN_H_

#include <string>

#include "sanyuan/allocation/v1/run.pb.h"

namespace sanyuan::allocation {

struct Words {
  std::string zh;
  std::string en;
};
// `offered_cartons` is what the line was offered in the run of the explanation.
Words Explain(const v1::Explanation& explanation, int64_t offered_cartons);

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_EXPLAIN_H_
