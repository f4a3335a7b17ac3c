#include "common/reshard/reshard.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "common/host/replay.h"
#include "common/reshard/copier.h"
#include "common/reshard/rows.h"
#include "common/reshard/target.h"

namespace sanyuan::reshard {
namespace {

using Targets = std::vector<std::unique_ptr<Target>>;

constexpr int32_t kMostPartitions = 1024;
// The one way that is known to other rows from sound journals.
constexpr char kLaterPolicies[] =
    "where a partition decided something before it had taken over a policy that another one knew by then, "
    "that folds otherwise behind the policy, and these journals can't be resharded";

absl::Status CheckRequest(const Request& request) {
  if (request.partitions < 1 || request.partitions > kMostPartitions) {
    return absl::InvalidArgumentError(
        fmt::format("partitions: {} is not between 1 and {}", request.partitions, kMostPartitions));
  }
  if (request.why.empty()) return absl::InvalidArgumentError("why: a reason is wanted");
  return absl::OkStatus();
}

absl::Status CheckEmpty(const Installation& to) {
  std::string taken;
  for (const host::JournalOf& of : to.Journals()) {
    const auto end = to.log->EndOffset(of.journal);
    if (!end.ok()) return end.status();
    if (*end > 0) taken += (taken.empty() ? "" : ", ") + of.journal.ToString();
  }
  if (taken.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("not empty: {}; if an earlier try left them, delete them, or name another place", taken));
}

absl::StatusOr<Targets> OpenTargets(const Installation& to, log::Log& log) {
  Targets targets;
  for (const host::JournalOf& of : to.Journals()) {
    auto target = Target::Open(of, log);
    if (!target.ok()) return target.status();
    targets.push_back(*std::move(target));
  }
  return targets;
}

absl::Status CompareStates(const std::vector<Surveyed>& surveyed, Targets& targets) {
  std::map<std::string, std::vector<RowDigests>> before, after;
  for (const Surveyed& one : surveyed) before[one.of.spec->context].push_back(one.rows);
  std::map<std::string, std::string> contexts;  // By topic.
  for (const Surveyed& one : surveyed) contexts[one.of.journal.topic] = one.of.spec->context;
  for (std::unique_ptr<Target>& target : targets) {
    after[contexts[target->journal().topic]].push_back(target->Rows());
  }
  for (const auto& [context, rows] : before) {
    if (const absl::Status compared = CompareRows(context, rows, after[context]); !compared.ok()) {
      return absl::DataLossError(fmt::format("{}; {}", std::string(compared.message()), kLaterPolicies));
    }
  }
  return absl::OkStatus();
}

std::string DigestBefore(const Installation& from, const std::vector<Surveyed>& surveyed) {
  std::vector<host::Replayed> replayed;
  for (const Surveyed& one : surveyed) {
    host::Replayed& as = replayed.emplace_back();
    as.journal = one.of.journal;
    as.digests = one.business;
  }
  return host::DigestTextOf(from.specs, replayed);
}

// Of a context's business state that belongs to no county each new partition must hold what each older one did: the text of
// the digests has one line for all of them.
absl::Status CompareOfNoCounty(const std::vector<Surveyed>& surveyed,
                               const std::vector<host::Replayed>& after) {
  const auto of_no_county = [](const std::map<County, Digest>& digests) {
    const auto found = digests.find(0);
    return found == digests.end() ? Digest() : found->second;
  };
  for (const Surveyed& one : surveyed) {
    for (const host::Replayed& other : after) {
      if (other.journal.topic != one.of.journal.topic) continue;
      if (of_no_county(other.digests) == of_no_county(one.business)) continue;
      return absl::DataLossError(fmt::format("what belongs to no county is not the same in {} and {}",
                                             one.of.journal.ToString(), other.journal.ToString()));
    }
  }
  return absl::OkStatus();
}

// From the new records alone.
absl::StatusOr<std::string> DigestAfter(const std::vector<Surveyed>& surveyed, const Installation& to) {
  const auto replayed = host::ReplayAll(to.specs, to.partitions, to.Reader(), to.strictness);
  if (!replayed.ok()) return replayed.status();
  for (const host::Replayed& one : *replayed) {
    if (!one.damage) continue;
    return absl::DataLossError(
        fmt::format("{} at offset {}: {}", one.journal.ToString(), one.damage->offset, one.damage->why));
  }
  if (absl::Status same = CompareOfNoCounty(surveyed, *replayed); !same.ok()) return same;
  return host::DigestTextOf(to.specs, *replayed);
}

}  // namespace

absl::StatusOr<Report> Reshard(const Installation& from, const MakePlace& make_place,
                               const HandOver& hand_over, const Request& request) {
  if (absl::Status checked = CheckRequest(request); !checked.ok()) return checked;
  const auto surveyed = Survey(from);
  if (!surveyed.ok()) return surveyed.status();
  const auto place = make_place();
  if (!place.ok()) return place.status();
  log::Log& log = **place;
  const Installation to{from.specs, request.partitions, &log, host::StrictnessOf(log)};
  if (absl::Status empty = CheckEmpty(to); !empty.ok()) return empty;
  Report report;
  host::Generations generations(1);
  for (const Surveyed& one : *surveyed) {
    report.copied_from.push_back(one.End());
    *generations.front().add_ends() = one.End();
  }
  // All journals of an installation say the same.
  const auto genesis = host::ReadGenesis(from.Reader(), surveyed->front().of.journal);
  if (!genesis.ok()) return genesis.status();
  for (journal::v1::Generation& before : host::GenerationsOf(*genesis)) {
    generations.push_back(std::move(before));
  }
  report.digest_text = DigestBefore(from, *surveyed);

  auto journals = host::CreateJournals(to.specs, to.partitions, log, generations);
  if (!journals.ok()) return journals.status();
  report.journals = *std::move(journals);
  auto targets = OpenTargets(to, log);
  if (!targets.ok()) return targets.status();
  Copier copier(from, *surveyed, to, *targets, request);
  if (absl::Status copied = copier.CopyAll(); !copied.ok()) return copied;

  if (absl::Status compared = CompareStates(*surveyed, *targets); !compared.ok()) return compared;
  auto counts = Audit(from, *surveyed, to);
  if (!counts.ok()) return counts.status();
  report.contexts = *std::move(counts);
  const auto digest = DigestAfter(*surveyed, to);
  if (!digest.ok()) return digest.status();
  if (*digest != report.digest_text) {
    return absl::DataLossError("the business digest of the new journals is another one");
  }
  if (absl::Status unchanged = CheckUnchanged(from, *surveyed); !unchanged.ok()) return unchanged;
  if (absl::Status handed_over = hand_over(); !handed_over.ok()) return handed_over;
  if (absl::Status completed = copier.Complete(); !completed.ok()) return completed;
  report.operators_decisions = copier.operators_decisions();
  report.request_ids_used_twice = copier.request_ids_used_twice();
  return report;
}

}  // namespace sanyuan::reshard
