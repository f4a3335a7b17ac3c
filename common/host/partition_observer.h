// Who is told what a partition of this process accepts, beside its view and its feeds.
//
// Called on the partition's strand, and must not block. Implementations outlive the partition's host.
#ifndef SANYUAN_COMMON_HOST_PARTITION_OBSERVER_H_
#define SANYUAN_COMMON_HOST_PARTITION_OBSERVER_H_

#include <string>

#include "common/partition/rule.h"

namespace sanyuan::host {

class PartitionObserver {
 public:
  virtual ~PartitionObserver() = default;

  // All records up to this one are accepted.
  virtual void Reached(const partition::Place& place) = 0;
  // The journal is read anew; what was reached before counts no more.
  virtual void Restarted() = 0;
  // It goes no further, until Reached is called again.
  virtual void Halted(const std::string& why) = 0;
  // Whether this process is the one that decides here. Called again and again.
  virtual void Leads(bool leads) = 0;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_PARTITION_OBSERVER_H_
