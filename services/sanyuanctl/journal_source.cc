#include "services/sanyuanctl/journal_source.h"

#include <algorithm>
#include <utility>

#include "common/log/embedded/journal_file.h"
#include "common/log/kafka/kafka_log.h"
#include "services/sanyuan/contexts.h"

namespace sanyuan::ctl {

absl::StatusOr<JournalSource> JournalSource::Open(const JournalPlace& place) {
  if (!place.given())
    return absl::InvalidArgumentError("--data or --kafka: where the journals are is wanted");
  JournalSource source;
  source.specs_ = Contexts(ServeOptions{});
  if (place.kafka.brokers.empty()) {
    auto file = log::JournalFile::OpenReadOnly(place.data);
    if (!file.ok()) return file.status();
    source.log_ = *std::move(file);
  } else {
    const auto options = KafkaOptions(place.kafka);
    if (!options.ok()) return options.status();
    auto log = log::KafkaLog::Open(*options);
    if (!log.ok()) return log.status();
    source.strictness_ = host::StrictnessOf(**log);
    source.log_ = *std::move(log);
  }
  if (!place.data.empty()) {
    auto identity = log::IdentityFile(place.data).Read();
    if (!identity.ok() && !absl::IsNotFound(identity.status())) return identity.status();
    if (identity.ok()) source.identity_ = *std::move(identity);
  }
  return source;
}

const host::ContextSpec* JournalSource::Find(const std::string& context) const {
  const auto found = std::find_if(specs_.begin(), specs_.end(),
                                  [&](const host::ContextSpec& spec) { return spec.context == context; });
  return found == specs_.end() ? nullptr : &*found;
}

std::string JournalSource::ContextOf(const host::Replayed& replayed) const {
  const auto found = std::find_if(specs_.begin(), specs_.end(), [&](const host::ContextSpec& spec) {
    return spec.topic() == replayed.journal.topic;
  });
  return found == specs_.end() ? replayed.journal.topic : found->context;
}

host::ReadRecords JournalSource::Reader() const {
  return [this](const log::TopicPartition& journal, int64_t offset, size_t limit) {
    return log_->ReadFrom(journal, offset, limit);
  };
}

absl::StatusOr<std::vector<host::Replayed>> JournalSource::Replay() const {
  int32_t partitions = 0;
  if (identity_) {
    partitions = identity_->partition_count;
  } else {
    const auto count = host::PartitionCountOf(specs_, Reader());
    if (!count.ok()) return count.status();
    partitions = *count;
  }
  auto replayed = host::ReplayAll(specs_, partitions, Reader(), strictness_);
  if (!replayed.ok() || !identity_) return replayed;
  for (host::Replayed& one : *replayed) {
    const auto known = identity_->journal_ids.find(one.journal);
    const std::string id =
        one.place ? std::string(one.place->journal_id.begin(), one.place->journal_id.end()) : "";
    if (!one.damage && (known == identity_->journal_ids.end() || known->second != id)) {
      one.damage = partition::Damage{0, "this is not the journal that the directory was made with", Digest{}};
    }
  }
  return replayed;
}

}  // namespace sanyuan::ctl
