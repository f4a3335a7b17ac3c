// Keeps the view of one partition up to date: takes accepted records with what they changed, and applies them
// in batches. A view that stands somewhere else than the journal says is cleared and built from the state.
//
// While the view store is away the view is tried again and again, with pauses up to a few seconds. What is accepted
// meanwhile is kept up to a bound; beyond it the view is built from the state when the store is back.
//
// Standing by, it writes nothing: another instance does. It keeps what the view lacks, within the same bound, so that it can
// go on from there at once.
//
// Thread safety: all methods may be called from any thread; the view store is used on the given strand.
#ifndef SANYUAN_COMMON_HOST_PROJECTOR_H_
#define SANYUAN_COMMON_HOST_PROJECTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/host/executor.h"
#include "common/partition/effects.h"
#include "common/view/view_store.h"

namespace sanyuan::host {

class Projector {
 public:
  // `lost` is called when the view can't go on: whoever owns the state then calls Begin again.
  Projector(view::ViewName name, view::ViewStore& store, const view::Projection& projection,
            std::unique_ptr<Strand> strand, std::function<void()> lost);

  // The partition is at `place` with these rows; what came before and was not written yet is in them. If the view stands at a later record of the same journal it
  // is kept, and what it has already is passed over.
  void Begin(const partition::Place& place, std::vector<state::Change> rows);
  void Accepted(partition::AcceptedRecord record);
  // Who waits then is told that it was not reached: it may be elsewhere.
  void StandBy(bool standing_by);
  // What is to be written now is still tried once, nothing after that.
  void Stop();

  // Calls `done(true)` when the view has reached `height` (at once when it has), from any thread; `done(false)` when
  // ExpireWaiters comes with a time after the deadline before that.
  void WhenReached(uint64_t height, absl::Time deadline, std::function<void(bool)> done);
  void ExpireWaiters(absl::Time now);
  // Asks where the view stands, unless another instance writes it, and builds it anew when it is not what was written:
  // nobody else would notice while nothing changes and whoever reads asks another instance. `done` is called then, or
  // never once this has stopped.
  void CheckView(std::function<void()> done);
  uint64_t height() const;

 private:
  struct Batch {
    std::optional<partition::Place> begin;  // Set: build anew from `changes`, unless the view is further.
    partition::Place to;
    std::vector<std::pair<uint64_t, state::Change>> changes;  // With the height of their record.
  };
  // REQUIRES: mutex_ is held.
  void Schedule();
  void PostRun(absl::Duration wait);
  // REQUIRES: mutex_ is held. Gives up what waits if it is too much while the store is away.
  void Bound();
  void Run(uint64_t turn);
  void Apply(const Batch& batch);
  // False: the store is away, the batch is to be tried again.
  bool Rebuild(const Batch& batch);
  void TryAgain(std::vector<Batch> batches, size_t changes);
  view::ViewPosition PositionOf(const partition::Place& place) const;
  std::vector<view::ViewRow> Rows(const Batch& batch, uint64_t above) const;
  void Reached(uint64_t height);
  void Lose(const absl::Status& why);
  // REQUIRES: mutex_ is held. Of what waits, what comes behind `height` stays.
  void DropUpTo(uint64_t height);
  void SetStandingBy(bool standing_by);
  void LookAtView();
  void Resume();

  const view::ViewName name_;
  view::ViewStore& store_;
  const view::Projection& projection_;

  mutable std::mutex mutex_;
  std::vector<Batch> waiting_;
  size_t changes_waiting_ = 0;  // Of records, without those of the state with which it begins.
  bool stopped_ = false;
  bool scheduled_ = false;
  bool put_off_ = false;  // The run that is scheduled waits for its time.
  uint64_t turn_ = 0;     // Of the run that counts: one that was overtaken does nothing.
  absl::Time next_run_ = absl::InfinitePast();  // Not before, unless somebody waits.
  absl::Time next_try_ = absl::InfinitePast();  // Not before, whoever waits: the store was away.
  absl::Duration try_pause_;                    // Zero while the store is there.
  bool gave_up_ = false;                        // What waited was too much: the state is asked for anew.
  bool standing_by_ = false;
  bool resuming_ = false;  // It stood by: where the view stands is asked first.
  uint64_t taken_to_ =
      0;  // Height up to which a run has taken what waited; whether it landed shows in the view.
  std::optional<uint64_t> complete_from_;  // While standing by: all that changed after this height is kept.
  uint64_t height_ = 0;
  struct Waiter {
    uint64_t height;
    absl::Time deadline;
    std::function<void(bool)> done;
  };
  std::vector<Waiter> waiters_;

  std::optional<view::ViewPosition> position_;  // Used on the strand.
  bool kept_ = false;                           // The view is from before this start, and not compared yet.
  std::function<void()> lost_;
  std::unique_ptr<Strand> strand_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_PROJECTOR_H_
