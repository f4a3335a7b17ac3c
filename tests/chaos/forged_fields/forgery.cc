#include "tests/chaos/forged_fields/forgery.h"

#include <stdexcept>
#include <utility>

#include "common/partition/content.h"
#include "common/partition/frame.h"
#include "common/partition/partition.h"
#include "common/partition/reader_effects.h"

namespace sanyuan::testing {
namespace {

// Reads record after record and can be asked for the state in between.
class Reader {
 public:
  explicit Reader(const Journal& journal) : spec_(journal.spec), domain_(spec_.new_domain()) {
    partition::PartitionOptions options;
    options.context = spec_.context;
    options.partition = journal.partition;
    options.inputs = spec_.inputs;
    partition_ = std::make_unique<partition::Partition>(std::move(options), *domain_, effects_);
  }

  void Read(const std::string& record) { partition_->OnRecords({{offset_++, record}}); }
  Digest State() { return domain_->store().StateDigest(); }
  Folded Result() {
    Folded folded;
    folded.damage = partition_->reader().damage();
    folded.business = domain_->store().BusinessDigests();
    folded.state = State();
    if (spec_.projection == nullptr) return folded;
    std::vector<view::ViewRow> rows;
    for (const state::Change& change : domain_->store().AcceptedRows())
      spec_.projection->Project(change, rows);
    for (view::ViewRow& row : rows) folded.view[row.key] = row.value.value_or("(deleted)");
    return folded;
  }

 private:
  const host::ContextSpec& spec_;
  const std::unique_ptr<partition::Domain> domain_;
  partition::ReaderEffects effects_;
  std::unique_ptr<partition::Partition> partition_;
  int64_t offset_ = 0;
};

// The payload with the state digest that it records, if any, replaced by `state`. True when that changed it.
template <typename Message>
bool Correct(std::string& payload, const Digest& state) {
  Message message;
  if (!message.ParseFromString(payload)) throw std::runtime_error("a payload can't be read");
  if (message.state_digest().empty() || message.state_digest() == state.view()) return false;
  message.set_state_digest(std::string(state.view()));
  payload = message.SerializeAsString();
  return true;
}

}  // namespace

Folded ReplayOf(const Journal& journal, const std::vector<std::string>& records) {
  const auto read = [&](const log::TopicPartition&, int64_t offset, size_t limit) {
    std::vector<log::Record> part;
    for (auto at = static_cast<size_t>(offset); at < records.size() && part.size() < limit; ++at) {
      part.push_back({static_cast<int64_t>(at), records[at]});
    }
    return absl::StatusOr<std::vector<log::Record>>(std::move(part));
  };
  Folded folded;
  const auto replayed = host::Replay(journal.spec, journal.partition, read, partition::Strictness::kStrict);
  if (!replayed.ok()) {
    folded.damage = partition::Damage{0, std::string(replayed.status().message()), Digest{}};
    return folded;
  }
  folded.damage = replayed->damage;
  folded.business = replayed->digests;
  return folded;
}

Forged Forge(const Journal& journal, size_t height, const std::string& payload) {
  Forged forged;
  forged.records.assign(journal.records.begin(),
                        journal.records.begin() + static_cast<std::ptrdiff_t>(height));
  Reader reader(journal);
  for (const std::string& record : forged.records) reader.Read(record);
  std::optional<Digest> head;
  std::optional<Digest> corrected_head;
  for (size_t at = height; at < journal.records.size(); ++at) {
    partition::Frame frame;
    partition::Parse(journal.records[at], frame);
    std::string content = at == height ? payload : std::string(frame.payload);
    frame.payload = content;
    if (head) frame.prev = *head;
    forged.records.push_back(Seal(frame));
    head = frame.digest;

    const bool contradicted = frame.kind == partition::FrameKind::kTakeOver
                                  ? Correct<journal::v1::TakeOver>(content, reader.State())
                                  : frame.kind == partition::FrameKind::kDecision && at != height &&
                                        Correct<journal::v1::Decision>(content, reader.State());
    forged.contradicts_a_state_digest = forged.contradicts_a_state_digest || contradicted;
    frame.payload = content;
    if (corrected_head) frame.prev = *corrected_head;
    reader.Read(Seal(frame));
    corrected_head = frame.digest;
  }
  forged.corrected = reader.Result();
  return forged;
}

}  // namespace sanyuan::testing
