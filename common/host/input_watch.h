// Follows a journal that another process leads and this one reads as an input: says when it has grown, and keeps its last
// records at hand.
//
// Thread safety: Start from one thread; the callbacks come on threads of the log. It ends before what it was given.
#ifndef SANYUAN_COMMON_HOST_INPUT_WATCH_H_
#define SANYUAN_COMMON_HOST_INPUT_WATCH_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "common/host/executor.h"
#include "common/host/recent_records.h"
#include "common/log/log.h"

namespace sanyuan::host {

class InputWatch final : private log::RecordListener {
 public:
  // `grown` must not block. `strand`: of a pool whose threads may wait for a broker.
  InputWatch(log::TopicPartition journal, log::Log& log, RecentRecords& recent,
             std::function<void(const log::TopicPartition&)> grown, std::unique_ptr<Strand> strand)
      : journal_(std::move(journal)),
        log_(log),
        recent_(recent),
        grown_(std::move(grown)),
        strand_(std::move(strand)) {}

  // Begins at the journal's end, as soon as the log says where that is.
  void Start();
  // No more callbacks after it.
  void Stop();

 private:
  void Begin();
  void OnRecords(absl::Span<const log::Record> records) override { recent_.Add(journal_, records); }
  void OnEnd(int64_t /*end_offset*/) override { grown_(journal_); }
  void OnTrouble(const absl::Status& why) override;

  const log::TopicPartition journal_;
  log::Log& log_;
  RecentRecords& recent_;
  const std::function<void(const log::TopicPartition&)> grown_;
  std::unique_ptr<Strand> strand_;
  bool stopped_ = false;  // Used on the strand, like the subscription.
  std::unique_ptr<log::Subscription> subscription_;
};

}  // namespace sanyuan::host

#endif  // SANYUAN_COMMON_HOST_INPUT_WATCH_H_
