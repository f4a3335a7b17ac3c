// The computation of one run, cut into steps of a few milliseconds.
//
// What it holds between steps (columns of requests and shares, one for each SKU) is not state: it is lost when
// the writer stands down, and the next writer abandons the run and starts it again. Everything it is computed
// from was set aside by RunStarted: rows of `inputs`, the supply in `progress`, policy and versions named in the
// run; nothing else of the state is read (safeguard run_from_snapshot). So two attempts give the same pages.
//
// Phases: copy (compensating runs only: which lines are short), gather, fill (one SKU a step), pages (one a
// step), check, publish. Memory is 12 bytes for each shop and SKU. Belongs to one thread.
#ifndef SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_WORK_H_
#define SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_WORK_H_

#include <vector>

#include "services/allocation/domain/decide.h"
#include "services/allocation/domain/maths/tie_key.h"
#include "services/allocation/domain/ration.h"
#include "services/allocation/domain/state.h"

namespace sanyuan::allocation {

class RunWork {
 public:
  enum class Phase : uint8_t { kCopy, kGather, kFill, kPages, kCheck, kPublish };

  // For a compensating run whose input is to be copied.
  static RunWork Copy(const RunKey& key);
  // For a run whose RunStarted, with this attempt, is being decided. `secret` may be empty when nothing is scarce.
  static RunWork Compute(const RunKey& key, uint32_t attempt, std::string secret);

  const RunKey& key() const { return key_; }
  // False when the state has gone another way than this work: it is then to be dropped.
  bool Fits(const State& state) const;
  // Nothing left to do: the last event was handed out and folded.
  bool Done(const State& state) const;
  // One slice. Most only compute and return no event. REQUIRES: Fits and not Done.
  Outcome Step(const State& state);

 private:
  // One SKU: a place for each shop that asks for it, in order of licence.
  struct Column {
    Code sku;
    std::vector<uint32_t> shop;
    std::vector<int32_t> wanted;
    std::vector<int32_t> gets;
    int64_t supply = 0;
    int64_t requested = 0;
    int64_t held = 0;
    int64_t within_caps = 0;
    int64_t offered = 0;
    int64_t lines = 0;
    int64_t lines_cut = 0;
    v1::LineRule rule = v1::LINE_RULE_UNSPECIFIED;
    Level level;
    std::optional<TieKeys> keys;  // Where the level is limited.
    size_t next = 0;              // Where the pages are.
    int64_t checked = 0;          // What the check has added up.
    int64_t checked_wanted = 0;
  };
  struct Shop {
    Code licence;
    int32_t weight = 1;
  };
  // One shop's requests of one SKU, over all its lines.
  struct Ask {
    uint16_t sku = 0;
    int64_t asked = 0;
    int64_t held = 0;
    int64_t lines = 0;
    std::optional<int64_t> cap;
  };

  RunWork(const RunKey& key, uint32_t attempt, std::string secret, Phase phase)
      : key_(key), attempt_(attempt), secret_(std::move(secret)), phase_(phase) {}

  Outcome CopyStep(const State& state);
  void Prepare(const State& state);
  void GatherStep(const State& state);
  absl::Status FillStep(const State& state);
  Outcome PageStep(const State& state);
  Outcome ComputedStep(const State& state);
  Outcome CheckStep(const State& state);
  Outcome PublishStep(const State& state);
  Outcome Failed(std::vector<std::string> findings, const State& state);

  std::vector<Ask> AsksOf(const State& state, const RunInput& input) const;
  int32_t GradeOf(const State& state, Code licence, const RunInput& input) const;
  int64_t SupplyOf(const State& state, Code sku) const;
  v1::RetailerAllocation Allocate(const State& state, Code licence, const RunInput& input,
                                  std::vector<int32_t>& level_index, v1::AllocationPage& page);
  void CheckRetailer(const State& state, Code licence, const RunInput& input,
                     std::vector<std::string>& findings);
  void CheckSums(const State& state, std::vector<std::string>& findings) const;

  RunKey key_;
  uint32_t attempt_ = 0;
  std::string secret_;
  Phase phase_ = Phase::kGather;
  bool prepared_ = false;

  Caps caps_;
  std::vector<Column> columns_;  // By place of the SKU in the window.
  std::vector<Shop> shops_;
  size_t next_shop_ = 0;
  std::optional<Code> after_;  // The last licence that this phase has looked at.
  size_t next_column_ = 0;
  uint32_t pages_ = 0;
  std::string page_digests_;
  int64_t retailers_ = 0;
  int64_t lines_ = 0;
  std::vector<std::string> findings_;
  std::vector<uint16_t> open_skus_;  // Of the copy: what is free again and short somewhere.
};

}  // namespace sanyuan::allocation

#endif  // SANYUAN_SERVICES_ALLOCATION_DOMAIN_RUN_WORK_H_
