#include "services/sanyuan/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/time/time.h"

namespace sanyuan {
namespace {

using google::protobuf::Message;
using operations::v1::PartitionStatus;

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t micros = absl::ToUnixMicros(time);
  out.set_seconds(micros / 1'000'000);
  out.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

void SetDamage(const partition::Damage& damage, operations::v1::Damage& out) {
  out.set_offset(damage.offset);
  out.set_why(damage.why);
  out.set_sha256(std::string(damage.sha256.view()));
}

void SetPlace(const std::optional<partition::Place>& place, PartitionStatus& out) {
  if (!place) return;
  out.set_journal_id(place->journal_id.data(), place->journal_id.size());
  out.set_height(place->height);
  out.set_head(std::string(place->head.view()));
  out.set_offset(place->offset);
}

void SetSkipped(const std::array<uint64_t, partition::kSkipKinds>& skipped, PartitionStatus& out) {
  using partition::SkipKind;
  out.set_skipped_late(skipped[static_cast<size_t>(SkipKind::kLate)]);
  out.set_skipped_lost_race(skipped[static_cast<size_t>(SkipKind::kLostRace)]);
  out.set_skipped_duplicate(skipped[static_cast<size_t>(SkipKind::kDuplicate)]);
  out.set_skipped_stray(skipped[static_cast<size_t>(SkipKind::kStray)]);
}

// Wraps a function of typed messages as the method table wants it.
template <typename Request, typename Response>
rpc::LocalFn Local(std::function<absl::Status(const rpc::Caller&, const Request&, Response&)> call) {
  return [call = std::move(call)](const rpc::Caller& caller,
                                  const Message& request) -> absl::StatusOr<std::unique_ptr<Message>> {
    auto response = std::make_unique<Response>();
    if (absl::Status status = call(caller, static_cast<const Request&>(request), *response); !status.ok()) {
      return status;
    }
    return response;
  };
}

}  // namespace

PartitionStatus StatusMessage(const host::Replayed& replayed, const std::string& context) {
  PartitionStatus out;
  out.set_context(context);
  out.set_partition(replayed.journal.partition);
  out.set_decisions(replayed.decisions);
  SetPlace(replayed.place, out);
  SetSkipped(replayed.skipped, out);
  if (replayed.damage) SetDamage(*replayed.damage, *out.mutable_damage());
  return out;
}

PartitionStatus StatusMessage(const host::PartitionHost& host, const host::HostStatus& status) {
  PartitionStatus out;
  out.set_context(host.spec().context);
  out.set_partition(host.journal().partition);
  SetPlace(status.place, out);
  SetSkipped(status.skipped, out);
  out.set_not_serving(status.not_serving);
  if (status.damage) SetDamage(*status.damage, *out.mutable_damage());
  for (const auto& [topic, damage] : status.halted_inputs) {
    SetDamage(damage, (*out.mutable_halted_inputs())[topic]);
  }
  return out;
}

host::Checkpoint CheckpointOf(const operations::v1::Checkpoint& message) {
  host::Checkpoint checkpoint;
  checkpoint.context = message.context();
  checkpoint.partition = message.partition();
  std::copy_n(message.journal_id().begin(),
              std::min(message.journal_id().size(), checkpoint.journal_id.size()),
              checkpoint.journal_id.begin());
  checkpoint.height = message.height();
  if (message.head().size() == checkpoint.head.bytes.size())
    checkpoint.head = DigestFromBytes(message.head());
  return checkpoint;
}

void AddOperations(rpc::MethodTable& methods, host::HostGroup& hosts, log::Log& log, bool simulated_clock) {
  namespace v1 = operations::v1;
  std::map<std::string, rpc::LocalFn> functions;
  functions["GetClock"] = Local<v1::GetClockRequest, v1::GetClockResponse>(
      [&hosts, simulated_clock](const rpc::Caller&, const v1::GetClockRequest&,
                                v1::GetClockResponse& response) {
        if (hosts.Now() != absl::InfinitePast()) SetTime(hosts.Now(), *response.mutable_now());
        response.set_simulated(simulated_clock);
        return absl::OkStatus();
      });
  functions["SetClock"] = Local<v1::SetClockRequest, v1::SetClockResponse>(
      [&hosts](const rpc::Caller&, const v1::SetClockRequest& request, v1::SetClockResponse& response) {
        if (absl::Status set = hosts.SetClock(TimeOf(request.now())); !set.ok()) return set;
        SetTime(hosts.Now(), *response.mutable_now());
        return absl::OkStatus();
      });
  functions["GetStatus"] = Local<v1::GetStatusRequest, v1::GetStatusResponse>(
      [&hosts, &log](const rpc::Caller&, const v1::GetStatusRequest&, v1::GetStatusResponse& response) {
        response.set_engine(std::string(log.engine()));
        for (const auto& [host, status] : hosts.Statuses()) {
          *response.add_partitions() = StatusMessage(*host, status);
        }
        return absl::OkStatus();
      });
  functions["GetDigest"] = Local<v1::GetDigestRequest, v1::GetDigestResponse>(
      [&hosts](const rpc::Caller&, const v1::GetDigestRequest&, v1::GetDigestResponse& response) {
        hosts.Settle();
        response.set_text(hosts.DigestText());
        return absl::OkStatus();
      });
  functions["VerifyJournals"] = Local<v1::VerifyJournalsRequest, v1::VerifyJournalsResponse>(
      [&hosts, &log](const rpc::Caller&, const v1::VerifyJournalsRequest& request,
                     v1::VerifyJournalsResponse& response) {
        const auto read = [&log](const log::TopicPartition& journal, int64_t offset, size_t limit) {
          return log.ReadFrom(journal, offset, limit);
        };
        for (const auto& host : hosts.hosts()) {
          const auto end = log.EndOffset(host->journal());
          if (!end.ok()) return end.status();
          auto replayed =
              host::Replay(host->spec(), host->journal().partition, read, host::StrictnessOf(log), *end);
          if (!replayed.ok()) return replayed.status();
          for (const v1::Checkpoint& message : request.checkpoints()) {
            const host::Checkpoint checkpoint = CheckpointOf(message);
            if (checkpoint.context != host->spec().context ||
                checkpoint.partition != host->journal().partition) {
              continue;
            }
            if (absl::Status compared = Compare(checkpoint, read, host::StrictnessOf(log), *replayed);
                !compared.ok())
              return compared;
          }
          *response.add_partitions() = StatusMessage(*replayed, host->spec().context);
        }
        return absl::OkStatus();
      });
  functions["ReleaseJournal"] = Local<v1::ReleaseJournalRequest, v1::ReleaseJournalResponse>(
      [&hosts](const rpc::Caller& caller, const v1::ReleaseJournalRequest& request,
               v1::ReleaseJournalResponse&) {
        host::PartitionHost* host = hosts.FindPartition(request.context(), request.partition());
        if (host == nullptr) return absl::NotFoundError("no such partition");
        if (request.why().empty()) return absl::InvalidArgumentError("why: a reason is wanted");
        return host->Release(request.damage_offset(), request.repaired_record(), caller.actor.id,
                             request.why());
      });
  methods.AddLocalService(*v1::GetClockRequest::descriptor()->file()->FindServiceByName("OperationsService"),
                          std::move(functions));
}

}  // namespace sanyuan
