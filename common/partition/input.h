// One input journal of a partition: verified records waiting to be reacted to, in order.
//
// Reading begins by reading the record at the cursor again. A record is held back until the partition itself
// has consumed as much of the journals that it reads too, so an effect never arrives before its cause.
// Thread safety: none.
#ifndef SANYUAN_COMMON_PARTITION_INPUT_H_
#define SANYUAN_COMMON_PARTITION_INPUT_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "common/partition/bookkeeping.h"
#include "common/partition/domain.h"
#include "common/partition/reader.h"

namespace sanyuan::partition {

struct RawRecord {
  int64_t offset = 0;
  std::string bytes;
  log::RecordHeaders headers = {};
};

class InputQueue {
 public:
  struct Item {
    Place place;
    journal::v1::Decision decision;         // Empty for genesis, take-overs and releases.
    std::vector<journal::v1::Cursor> seen;  // What its writer had read when it wrote this.
    std::vector<EventPtr> events;
    bool counts = false;  // Not a take-over nor a decision that only moved cursors.
    log::RecordHeaders headers;
  };

  InputQueue(std::string topic, Strictness strictness, std::function<EventPtr()> new_event)
      : topic_(std::move(topic)),
        strictness_(strictness),
        new_event_(std::move(new_event)),
        reader_(strictness) {}

  const std::string& topic() const { return topic_; }

  // Forgets all that was read and goes on from `cursor` (nullptr: from the beginning).
  void Restart(const CursorRow* cursor);
  // Where to pull from, when something should be pulled now; the queue then waits for OnRecords.
  std::optional<int64_t> WantsPull();
  // The answer to the pull from `from`; answers to pulls before the last restart are passed over. `end` is the
  // end of the log at the time of reading. False when this showed damage for the first time.
  bool OnRecords(int64_t from, const std::vector<RawRecord>& records, int64_t end);
  void OnUnread(int64_t from) { pulling_ = pulling_ && from != next_offset_; }
  // There may be more to read.
  void OnGrown() {
    grown_ = true;
    grown_while_pulling_ = pulling_;
  }

  const Item* front() const { return items_.empty() ? nullptr : &items_.front(); }
  // How far all effects are consumed, including what is not written yet.
  const CursorRow& consumed() const { return consumed_; }
  // `index` effects of the front are consumed; with `done` it is behind us.
  void Consume(uint64_t index, bool done);

  // A decision that names this cursor has been made.
  void CursorWritten() {
    unwritten_ = 0;
    written_ = consumed_;
  }
  bool CursorMoved() const { return !(consumed_ == written_); }
  // Records that count since the cursor was last written.
  uint64_t unwritten() const { return unwritten_; }
  // The first offset that was not read yet.
  int64_t next_offset() const { return next_offset_; }
  // Offsets that were not read yet when the end of the log was last told.
  int64_t unread() const { return std::max<int64_t>(end_ - next_offset_, 0); }
  // The next record is to be the one that was read at the cursor.
  bool verifying() const { return to_verify_.has_value(); }
  // Nothing is waiting and the end of the log was reached, as far as this queue was told.
  bool Idle() const { return items_.empty() && at_end_ && !pulling_ && !grown_; }

  const std::optional<Damage>& damage() const { return reader_.damage(); }
  void Halt(int64_t offset, std::string why) { reader_.Halt(offset, std::move(why), {}); }

 private:
  bool Take(const RawRecord& record);

  std::string topic_;
  Strictness strictness_;
  std::function<EventPtr()> new_event_;
  JournalReader reader_;
  std::deque<Item> items_;
  CursorRow consumed_;
  CursorRow written_;
  std::optional<CursorRow> to_verify_;
  int64_t next_offset_ = 0;
  int64_t end_ = 0;
  uint64_t unwritten_ = 0;
  bool pulling_ = false;
  bool grown_ = true;
  bool grown_while_pulling_ = false;
  bool at_end_ = false;
};

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_INPUT_H_
