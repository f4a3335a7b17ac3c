#include "tests/chaos/workload/audit.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/host/replay.h"
#include "common/partition/content.h"
#include "common/partition/partition.h"
#include "common/partition/reader_effects.h"
#include "services/allocation/domain/allocation_domain.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "tests/support/goods_checks.h"

namespace sanyuan::chaos {
namespace {

using testing::Journaled;

constexpr size_t kChunk = 512;
constexpr char kReused[] = "REQUEST_ID_REUSED";  // Says nothing of the command that the id belongs to.

// A journal from its beginning to its end.
struct Journal {
  std::string name;
  std::string id;                             // Hexadecimal.
  std::unique_ptr<partition::Domain> domain;  // What the decisions fold to.
  std::vector<Journaled> decisions;
  std::optional<partition::Damage> damage;
};

std::string HexOf(const auto& bytes) {
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// "0198...": 16 bytes as a UUID's canonical text.
std::string RequestIdText(const std::string& bytes) {
  std::string hex = HexOf(bytes);
  for (const size_t at : {20, 16, 12, 8}) hex.insert(at, "-");
  return hex;
}

absl::StatusOr<Journal> ReadJournal(const ctl::JournalSource& source, const host::ContextSpec& spec,
                                    int32_t number) {
  Journal journal;
  journal.name = fmt::format("{}/{}", spec.topic(), number);
  journal.domain = spec.new_domain();
  partition::ReaderEffects effects;
  partition::PartitionOptions options;
  options.context = spec.context;
  options.partition = number;
  options.inputs = spec.inputs;
  options.strictness = source.strictness();
  partition::Partition folded(std::move(options), *journal.domain, effects);
  partition::JournalReader reader(source.strictness());
  int64_t offset = 0;
  while (true) {
    const auto records = source.log().ReadFrom({spec.topic(), number}, offset, kChunk);
    if (!records.ok()) return records.status();
    if (records->empty()) break;
    for (const log::Record& record : *records) {
      offset = record.offset + 1;
      const partition::ReadResult read = reader.Read(record.offset, record.bytes);
      if (read.kind == partition::ReadResult::Kind::kHalted) break;
      folded.OnRecords({{record.offset, record.bytes}});
      if (read.kind != partition::ReadResult::Kind::kAccepted ||
          read.frame.kind != partition::FrameKind::kDecision) {
        continue;
      }
      Journaled& journaled = journal.decisions.emplace_back();
      journaled.height = read.frame.height;
      if (!journaled.decision.ParseFromString(std::string(read.frame.payload)))
        throw std::runtime_error("a decision can't be read");
      journaled.stamp = partition::StampOf(journaled.decision);
    }
    if (reader.damage()) break;
  }
  reader.ReachedEnd(offset);
  folded.OnEnd(offset);
  journal.damage = reader.damage() ? reader.damage() : folded.reader().damage();
  if (reader.place()) journal.id = HexOf(reader.place()->journal_id);
  return journal;
}

// Every place in which a request id was decided.
struct Place {
  std::string journal;  // Its id.
  uint64_t height = 0;
  bool refused = false;
};

class Comparison {
 public:
  explicit Comparison(const std::map<std::string, Entry>& ledger) : ledger_(ledger) {}

  void Add(const Journal& journal) {
    for (const Journaled& journaled : journal.decisions) {
      if (!journaled.decision.has_command()) continue;
      decided_[RequestIdText(journaled.decision.command().request_id())].push_back(
          {journal.id, journaled.height, journaled.decision.refusals_size() > 0});
    }
  }

  void Report(AuditReport& report) const {
    for (const auto& [id, places] : decided_) {
      if (places.size() > 1) Found(report, report.twice, "{} was decided {} times", id, places.size());
      if (!ledger_.contains(id)) Found(report, report.foreign, "{} was decided and never sent", id);
    }
    for (const auto& [id, entry] : ledger_) Compare(id, entry, report);
  }

 private:
  template <typename... T>
  static void Found(AuditReport& report, int64_t& count, fmt::format_string<T...> text, T&&... values) {
    if (count++ == 0) report.examples.push_back(fmt::format(text, std::forward<T>(values)...));
  }

  void Compare(const std::string& id, const Entry& entry, AuditReport& report) const {
    std::set<std::string> refused = entry.refused;
    refused.erase(kReused);
    const auto found = decided_.find(id);
    const Place* place = found == decided_.end() ? nullptr : &found->second.front();
    ++report.commands;
    if (!entry.acknowledged.empty()) {
      ++report.acknowledged;
      const auto& [journal, height] = *entry.acknowledged.begin();
      if (entry.acknowledged.size() + refused.size() > 1) {
        Found(report, report.contradicted, "{} {} was answered in different ways", entry.method, id);
      }
      if (place == nullptr || place->journal != journal || place->height != height || place->refused) {
        Found(report, report.missing, "{} {} was acknowledged at height {} of {} and is not there",
              entry.method, id, height, journal);
      }
    } else if (!refused.empty()) {
      ++report.refused;
      if (place != nullptr && !place->refused) {
        Found(report, report.contradicted, "{} {} was refused and took effect at height {}", entry.method, id,
              place->height);
      }
    } else {
      ++report.unknown;
      if (place != nullptr) ++report.unknown_there;
    }
  }

  const std::map<std::string, Entry>& ledger_;
  std::map<std::string, std::vector<Place>> decided_;  // By request id.
};

}  // namespace

absl::StatusOr<AuditReport> Audit(const std::map<std::string, Entry>& ledger,
                                  const ctl::JournalSource& source) {
  const host::ReadRecords read = source.Reader();
  const auto partitions = host::PartitionCountOf(source.specs(), read);
  if (!partitions.ok()) return partitions.status();
  AuditReport report;
  Comparison comparison(ledger);
  std::map<std::pair<std::string, int32_t>, Journal> goods;
  for (const host::ContextSpec& spec : source.specs()) {
    for (int32_t number = 0; number < (spec.single_partition ? 1 : *partitions); ++number) {
      auto journal = ReadJournal(source, spec, number);
      if (!journal.ok()) return journal.status();
      if (journal->damage) {
        report.damage.push_back(
            fmt::format("{} at {}: {}", journal->name, journal->damage->offset, journal->damage->why));
      }
      comparison.Add(*journal);
      if (spec.context == "order_intake" || spec.context == "allocation") {
        goods.emplace(std::pair(spec.context, number), *std::move(journal));
      }
    }
  }
  comparison.Report(report);
  for (int32_t number = 0; number < *partitions && report.damage.empty() && report.goods.empty(); ++number) {
    const Journal& orders = goods.at({"order_intake", number});
    const Journal& allocation = goods.at({"allocation", number});
    report.goods = testing::CheckGoods(
        static_cast<const order_intake::OrderIntakeDomain&>(*orders.domain).state(), orders.decisions,
        static_cast<const allocation::AllocationDomain&>(*allocation.domain).state(), allocation.decisions);
  }
  return report;
}

}  // namespace sanyuan::chaos
