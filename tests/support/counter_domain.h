// The smallest domain that uses everything a partition offers: counters that commands raise, a limit that
// refuses, a timer, a copy of another journal's counters, and a run in steps. For tests of the partition.
#ifndef SANYUAN_TESTS_SUPPORT_COUNTER_DOMAIN_H_
#define SANYUAN_TESTS_SUPPORT_COUNTER_DOMAIN_H_

#include <memory>
#include <string>

#include "common/partition/domain.h"
#include "common/state/table.h"

namespace sanyuan::testing {

// Events and commands are journal.v1.Cursor messages (any message does): `topic` says what, `offset` how much.
//   command "add"   -> event "added" by offset; refused with OVER_TOTAL above 1,000 in sum
//   command "alarm" -> event "alarm_set" for offset seconds after the epoch; fires as "rang"
//   command "run"   -> event "run_started"; then `offset` steps, each a "page"
//   command "poison" -> event "poison", to which who reads it reacts with an event that can't be folded
//   input "added"   -> event "copied", once for each carton in pages of 3
// In format 2 "added" folds into one more row.
class CounterDomain : public partition::Domain {
 public:
  struct Key {
    std::string name;
    auto operator<=>(const Key&) const = default;
    static void Fields(auto& self, auto&& visit) { visit(self.name); }
  };
  struct Row {
    int64_t value = 0;
    static void Fields(auto& self, auto&& visit) { visit(self.value); }
  };

  CounterDomain() { counters.Track(); }

  state::Store& store() override { return store_; }
  partition::EventPtr NewEvent() const override;
  partition::EventPtr NewInputEvent(std::string_view topic) const override;
  partition::Outcome Decide(const partition::Command& command, const partition::Stamp& stamp) const override;
  absl::Time NextDue() const override;
  partition::Outcome Fire(const partition::Stamp& stamp) const override;
  partition::Reaction React(const partition::Input& input, uint64_t index, size_t budget,
                            const partition::Stamp& stamp) const override;
  bool HasWork() const override { return Value("steps") > 0; }
  partition::Outcome Step(const partition::Stamp& stamp) override;
  absl::Status Evolve(const google::protobuf::Message& event, const partition::Stamp& stamp) override;

  int64_t Value(const std::string& name) const;

 private:
  state::Store store_;

 public:
  state::Table<Key, Row> counters{store_, "counters", state::Content::kBusiness};
};

// "add" and the like, ready to be given to a partition. `number` makes the request id; its time is `at`.
partition::Command CounterCommand(const std::string& what, int64_t amount, uint64_t number, absl::Time at);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_COUNTER_DOMAIN_H_
