// One journal that is being made out of older ones: a partition that leads it, writes what it is given and reads it back.
// Its log may deliver on other threads; the methods are for one thread.
#ifndef SANYUAN_COMMON_RESHARD_TARGET_H_
#define SANYUAN_COMMON_RESHARD_TARGET_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/host/genesis.h"
#include "common/log/log.h"
#include "common/partition/partition.h"
#include "common/reshard/survey.h"

namespace sanyuan::reshard {

class Target final : private partition::Effects, private log::ProducerListener, private log::RecordListener {
 public:
  // Takes the journal over; it has begun with a genesis that names what it is copied from. `log` outlives it. Unavailable: the
  // log does not take or give records. FailedPrecondition: somebody else writes.
  static absl::StatusOr<std::unique_ptr<Target>> Open(const host::JournalOf& of, log::Log& log);
  ~Target() override;

  const log::TopicPartition& journal() const { return journal_; }
  // See partition::Partition::Copy.
  absl::StatusOr<uint64_t> Write(const journal::v1::Decision& decision,
                                 const std::vector<partition::EventPtr>& events);
  // Waits until all that was written was read back as accepted. Errors as Open.
  absl::Status Flush();
  // The place of the last record that was written, read back or not.
  journal::v1::Cursor Ahead() const;
  uint64_t height() const { return partition_.ahead().height; }
  uint32_t format() const { return partition_.books().Format(); }
  absl::Time last_decided() const { return partition_.last_decided(); }
  // What is remembered of a request with the same id, caller and method; nullptr: nothing.
  const partition::RequestRow* Remembered(const journal::v1::Decision& command) const;
  RowDigests Rows() { return domain_->store().RowDigests(); }

 private:
  Target(const host::JournalOf& of, log::Log& log);
  absl::Status TakeOver();
  // Gives the partition what the log has delivered; waits for something when there is nothing.
  absl::Status Take();

  // partition::Effects
  bool Produce(std::string record, const log::RecordHeaders& headers) override;
  void Reply(uint64_t, partition::Answer) override {}
  void Accepted(partition::AcceptedRecord record) override;
  bool WantsSnapshot() override { return false; }
  void SnapshotReady(partition::SnapshotPoint) override {}
  void ReadHead(int64_t) override {}
  void ResumeReading(int64_t) override {}
  void PullInput(const std::string&, int64_t) override {}
  void FetchPages(const std::string&, std::vector<uint64_t>) override {}
  void StoodDown() override;
  void Halted(const partition::Damage& damage) override;
  void InputHalted(const std::string&, const partition::Damage&) override {}

  // log::ProducerListener, log::RecordListener
  void OnStalled(const absl::Status&) override {}
  void OnLost(const absl::Status& why) override;
  void OnRecords(absl::Span<const log::Record> records) override;
  void OnEnd(int64_t end_offset) override;
  void OnTrouble(const absl::Status& why) override;

  void Fail(absl::Status why);

  const log::TopicPartition journal_;
  log::Log& log_;
  std::unique_ptr<partition::Domain> domain_;
  partition::Partition partition_;
  absl::Status failed_;

  std::mutex mutex_;
  std::condition_variable delivered_;
  std::vector<partition::RawRecord> records_;  // Guarded by the mutex, as the two below.
  std::optional<int64_t> end_offset_;
  absl::Status lost_;

  std::unique_ptr<log::Producer> producer_;
  std::unique_ptr<log::Subscription> subscription_;
};

}  // namespace sanyuan::reshard

#endif  // SANYUAN_COMMON_RESHARD_TARGET_H_
