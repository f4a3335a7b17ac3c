#include "tests/engine/weak_log.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "tests/engine/embedded_engine.h"

namespace sanyuan::log {
namespace {

// Spoils what is delivered from the tenth record on, once.
class WeakListener : public RecordListener {
 public:
  WeakListener(Weakness weakness, RecordListener* sound) : weakness_(weakness), sound_(sound) {}

  void OnRecords(absl::Span<const Record> records) override {
    std::vector<Record> spoilt(records.begin(), records.end());
    const auto at =
        std::find_if(spoilt.begin(), spoilt.end(), [](const Record& r) { return r.offset >= 10; });
    if (!done_ && spoilt.end() - at >= 2) {
      done_ = true;
      if (weakness_ == Weakness::kSwapsNeighbours) std::swap(at->bytes, (at + 1)->bytes);
      if (weakness_ == Weakness::kFlipsAByte && !at->bytes.empty()) at->bytes[0] ^= 1;
      if (weakness_ == Weakness::kDeliversTwice) spoilt.insert(at, *at);
      if (weakness_ == Weakness::kLosesARecord) spoilt.erase(at);
    }
    if (weakness_ == Weakness::kTellsTheEndTooEarly) sound_->OnEnd(spoilt.back().offset + 1);
    sound_->OnRecords(spoilt);
  }
  void OnEnd(int64_t end_offset) override {
    if (weakness_ != Weakness::kNeverTellsTheEnd) sound_->OnEnd(end_offset);
  }
  void OnTrouble(const absl::Status& why) override { sound_->OnTrouble(why); }

 private:
  const Weakness weakness_;
  RecordListener* const sound_;
  bool done_ = false;
};

class WeakSubscription : public Subscription {
 public:
  std::unique_ptr<WeakListener> listener;
  std::unique_ptr<Subscription> sound;  // Goes before its listener.
};

class WeakProducer : public Producer {
 public:
  WeakProducer(Weakness weakness, std::unique_ptr<Producer> sound)
      : weakness_(weakness), sound_(std::move(sound)) {}
  absl::Status Append(std::string bytes, const log::RecordHeaders& headers) override {
    if (weakness_ == Weakness::kSwallowsAppends && ++count_ % 100 == 0) return absl::OkStatus();
    const absl::Status status = sound_->Append(std::move(bytes), headers);
    return weakness_ == Weakness::kRefusesNothing ? absl::OkStatus() : status;
  }

 private:
  const Weakness weakness_;
  const std::unique_ptr<Producer> sound_;
  int count_ = 0;
};

class WeakLog : public Log {
 public:
  WeakLog(Weakness weakness, std::unique_ptr<Log> sound) : weakness_(weakness), sound_(std::move(sound)) {}

  std::string_view engine() const override { return "weak"; }
  bool records_land_late() const override { return sound_->records_land_late(); }
  absl::StatusOr<std::unique_ptr<Producer>> NewProducer(const TopicPartition& where,
                                                        ProducerListener* listener) override {
    return std::make_unique<WeakProducer>(weakness_, *sound_->NewProducer(where, listener));
  }
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(const TopicPartition& where, int64_t from_offset,
                                                          RecordListener* listener) override {
    if (weakness_ == Weakness::kStartsAtTheBeginning) from_offset = 0;
    if (weakness_ == Weakness::kTakesAnyOffset) from_offset = std::min(from_offset, *EndOffset(where));
    auto subscription = std::make_unique<WeakSubscription>();
    subscription->listener = std::make_unique<WeakListener>(weakness_, listener);
    auto sound = sound_->Subscribe(where, from_offset, subscription->listener.get());
    if (!sound.ok()) return sound.status();
    subscription->sound = *std::move(sound);
    return subscription;
  }
  absl::StatusOr<std::optional<Record>> ReadAt(const TopicPartition& where, int64_t offset) override {
    if (weakness_ != Weakness::kReadsTheNextRecord) return sound_->ReadAt(where, offset);
    auto records = sound_->ReadFrom(where, offset, 2);
    if (!records.ok() || records->empty()) return std::nullopt;
    return records->back();
  }
  absl::StatusOr<std::vector<Record>> ReadFrom(const TopicPartition& where, int64_t offset,
                                               size_t limit) override {
    return sound_->ReadFrom(where, offset, limit);
  }
  absl::StatusOr<int64_t> EndOffset(const TopicPartition& where) override { return sound_->EndOffset(where); }
  absl::StatusOr<std::vector<TopicPartition>> Partitions() override { return sound_->Partitions(); }

 private:
  const Weakness weakness_;
  const std::unique_ptr<Log> sound_;
};

class WeakEngine : public EngineUnderTest {
 public:
  WeakEngine(Weakness weakness, const std::string& location) : weakness_(weakness) {
    if (location.empty()) scratch_.emplace();
    options_.directory = location.empty() ? scratch_->path() : location;
  }
  std::unique_ptr<Log> Open() override {
    // As a log that answers before the disk has it, and then the machine stops.
    if (weakness_ == Weakness::kForgets) std::filesystem::remove(JournalPath(options_.directory));
    return std::make_unique<WeakLog>(weakness_, OpenEmbedded(options_));
  }
  std::unique_ptr<Log> OpenWithSmallQueue() override {
    options_.max_queued_records = 64;
    return Open();
  }
  void CreateTopic(const std::string&, int) override {}
  std::string location() const override { return options_.directory; }

 private:
  const Weakness weakness_;
  std::optional<ScratchDirectory> scratch_;
  EmbeddedLogOptions options_;
};

}  // namespace

std::unique_ptr<EngineUnderTest> MakeWeakEngine(Weakness weakness, const std::string& location) {
  return std::make_unique<WeakEngine>(weakness, location);
}

}  // namespace sanyuan::log
