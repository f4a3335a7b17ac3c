// Writes the decisions of older journals into new ones, in one order for all of them. One thread.
#ifndef SANYUAN_COMMON_RESHARD_COPIER_H_
#define SANYUAN_COMMON_RESHARD_COPIER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/reshard/merge.h"
#include "common/reshard/pages.h"
#include "common/reshard/reshard.h"
#include "common/reshard/source.h"
#include "common/reshard/target.h"

namespace sanyuan::reshard {

class Copier {
 public:
  // All outlive it. `targets` are of all journals of `to`, in the order of to.Journals().
  Copier(const Installation& from, const std::vector<Surveyed>& surveyed, const Installation& to,
         std::vector<std::unique_ptr<Target>>& targets, const Request& request);

  // Errors as Reshard.
  absl::Status CopyAll();
  // Says in each new journal that it is complete, and where its inputs are read on. REQUIRES: CopyAll, and no damage.
  absl::Status Complete();

  uint64_t operators_decisions() const { return operators_decisions_; }
  uint64_t request_ids_used_twice() const { return request_ids_used_twice_; }

 private:
  struct From {
    const host::ContextSpec* spec;
    std::unique_ptr<Source> source;
    std::function<partition::EventPtr()> new_event;
    size_t everywhere = 0;  // Of its events that stand in every partition: so many came by.
  };
  // What of a decision goes to one new journal.
  struct Part {
    std::vector<uint32_t> numbers;
    std::vector<partition::EventPtr> events;
  };
  using Parts = std::map<size_t, Part>;  // By target.

  absl::StatusOr<bool> Offer(size_t journal);
  absl::Status Copy(size_t journal);
  absl::StatusOr<Parts> Divide(size_t journal, std::vector<partition::EventPtr> events);
  // Of an event that stands in every partition. False: another journal of the context has given the same one already.
  absl::StatusOr<bool> IsFirstOfItsContext(From& from, const std::string& bytes);
  void GiveToAllThatMayBeAsked(const From& from, const journal::v1::Decision& decision, Parts& parts) const;
  // A partition among them remembers the command's request id, with another content.
  bool UsesAnIdAgain(const journal::v1::Decision& decision, const Parts& parts) const;
  absl::Status Write(size_t journal, const journal::v1::Decision& original, size_t target, Part part);
  absl::Status RaiseFormat(Target& target, int64_t decided_at_us);
  std::vector<size_t> TargetsOf(const std::string& topic) const;
  size_t TargetOf(const std::string& topic, int32_t partition) const;

  const Installation& from_;
  const Installation& to_;
  std::vector<std::unique_ptr<Target>>& targets_;
  const Request& request_;
  absl::Time newest_ = absl::InfinitePast();
  const absl::Time may_come_again_since_;
  std::vector<From> sources_;
  std::map<log::TopicPartition, size_t> source_numbers_;
  std::map<log::TopicPartition, size_t> target_numbers_;
  Merge merge_;
  PageMap pages_;
  std::map<std::string, std::vector<Digest>>
      everywhere_;                // By topic: the events that stand in every partition.
  std::vector<uint64_t> copies_;  // In each target.
  uint64_t operators_decisions_ = 0;
  uint64_t request_ids_used_twice_ = 0;
};

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_COPIER_H_
