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
  out.set_leading(status.role == partition::Partition::Role::kLeading);
  out.set_format(status.format);
  if (status.held) {
    out.mutable_held()->set_why(status.held->why);
    out.mutable_held()->set_topic(status.held->topic);
    out.mutable_held()->set_height(status.held->height);
  }
  if (status.damage) SetDamage(*status.damage, *out.mutable_damage());
  for (const auto& [topic, damage] : status.halted_inputs) {
    SetDamage(damage, (*out.mutable_halted_inputs())[topic]);
  }
  return out;
}

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  const int64_t micros = absl::ToUnixMicros(time);
  out.set_seconds(micros / 1'000'000);
  out.set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

operations::v1::PartitionActivity ActivityMessage(const host::Activity& activity) {
  operations::v1::PartitionActivity out;
  out.set_context(activity.share.context);
  out.set_partition(activity.share.partition);
  out.set_leading(activity.leading);
  out.set_halted(activity.halted);
  out.set_held(activity.held);
  out.set_serves(activity.serves);
  out.set_quiet(activity.quiet);
  out.set_format(activity.format);
  out.set_height(activity.height);
  out.set_end_offset(activity.end_offset);
  out.set_view_height(activity.view_height);
  if (activity.next_due != absl::InfiniteFuture()) SetTime(activity.next_due, *out.mutable_next_due());
  for (const auto& [topic, offset] : activity.read_inputs) (*out.mutable_read_inputs())[topic] = offset;
  return out;
}

host::Activity ActivityOf(const operations::v1::PartitionActivity& message) {
  host::Activity activity;
  activity.share = {message.context(), message.partition()};
  activity.leading = message.leading();
  activity.halted = message.halted();
  activity.held = message.held();
  activity.serves = message.serves();
  activity.quiet = message.quiet();
  activity.format = message.format();
  activity.height = message.height();
  activity.end_offset = message.end_offset();
  activity.view_height = message.view_height();
  if (message.has_next_due()) activity.next_due = TimeOf(message.next_due());
  activity.read_inputs.assign(message.read_inputs().begin(), message.read_inputs().end());
  return activity;
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

void AddOperations(rpc::MethodTable& methods, host::HostGroup& hosts, log::Log& log, bool simulated_clock,
                   std::vector<std::string> elsewhere, VerifyElsewhere verify_elsewhere) {
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
      [&hosts](const rpc::Caller& caller, const v1::SetClockRequest& request,
               v1::SetClockResponse& response) {
        if (absl::Status set = hosts.SetClock(TimeOf(request.now()), caller.deadline); !set.ok()) return set;
        SetTime(hosts.Now(), *response.mutable_now());
        return absl::OkStatus();
      });
  functions["GetStatus"] = Local<v1::GetStatusRequest, v1::GetStatusResponse>(
      [&hosts, &log](const rpc::Caller&, const v1::GetStatusRequest&, v1::GetStatusResponse& response) {
        response.set_engine(std::string(log.engine()));
        for (const auto& [host, status] : hosts.Statuses()) {
          PartitionStatus partition = StatusMessage(*host, status);
          const auto leader = hosts.directory().LeaderOf({partition.context(), partition.partition()});
          if (leader && !partition.leading()) partition.set_led_at(leader->address);
          response.mutable_partitions()->Add(std::move(partition));
        }
        return absl::OkStatus();
      });
  functions["GetDigest"] = Local<v1::GetDigestRequest, v1::GetDigestResponse>(
      [&hosts](const rpc::Caller& caller, const v1::GetDigestRequest&, v1::GetDigestResponse& response) {
        if (absl::Status settled = hosts.Settle(caller.deadline); !settled.ok()) return settled;
        auto text = hosts.DigestText();
        if (!text.ok()) return text.status();
        response.set_text(*std::move(text));
        return absl::OkStatus();
      });
  functions["GetActivity"] = Local<v1::GetActivityRequest, v1::GetActivityResponse>(
      [&hosts](const rpc::Caller&, const v1::GetActivityRequest&, v1::GetActivityResponse& response) {
        for (const host::Activity& activity : hosts.Activities())
          *response.add_partitions() = ActivityMessage(activity);
        return absl::OkStatus();
      });
  functions["MoveClock"] = Local<v1::MoveClockRequest, v1::MoveClockResponse>(
      [&hosts, simulated_clock](const rpc::Caller&, const v1::MoveClockRequest& request,
                                v1::MoveClockResponse& response) {
        if (!simulated_clock) return absl::FailedPreconditionError("the clock is not simulated");
        response.set_moved(hosts.MoveClock(TimeOf(request.now())));
        return absl::OkStatus();
      });
  functions["GetDigestOfLed"] = Local<v1::GetDigestOfLedRequest, v1::GetDigestOfLedResponse>(
      [&hosts](const rpc::Caller&, const v1::GetDigestOfLedRequest&, v1::GetDigestOfLedResponse& response) {
        for (const auto& [of, digest] : hosts.DigestsOfLed()) {
          v1::CountyDigest& message = *response.add_digests();
          message.set_context(of.first);
          message.set_county(of.second);
          message.set_digest(std::string(digest.view()));
        }
        return absl::OkStatus();
      });
  functions["VerifyJournals"] = Local<v1::VerifyJournalsRequest, v1::VerifyJournalsResponse>(
      [&hosts, &log, elsewhere = std::move(elsewhere), verify_elsewhere = std::move(verify_elsewhere)](
          const rpc::Caller&, const v1::VerifyJournalsRequest& request,
          v1::VerifyJournalsResponse& response) {
        const auto wanted = [&request](const std::string& context) {
          return request.contexts().empty() || std::find(request.contexts().begin(), request.contexts().end(),
                                                         context) != request.contexts().end();
        };
        const auto read = [&log](const log::TopicPartition& journal, int64_t offset, size_t limit) {
          return log.ReadFrom(journal, offset, limit);
        };
        for (const auto& host : hosts.hosts()) {
          if (!wanted(host->spec().context)) continue;
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
        for (const std::string& context : elsewhere) {
          if (!wanted(context)) continue;
          v1::VerifyJournalsRequest of_context = request;
          of_context.clear_contexts();
          of_context.add_contexts(context);
          const auto verified = verify_elsewhere(context, of_context);
          if (!verified.ok()) return verified.status();
          response.MergeFrom(*verified);
        }
        return absl::OkStatus();
      });
  functions["RaiseFormat"] = Local<v1::RaiseFormatRequest, v1::RaiseFormatResponse>(
      [&hosts](const rpc::Caller& caller, const v1::RaiseFormatRequest& request, v1::RaiseFormatResponse&) {
        if (request.why().empty()) return absl::InvalidArgumentError("why: a reason is wanted");
        journal::v1::FormatRaised raise;
        raise.set_format(request.format());
        raise.set_operator_id(caller.actor.id);
        raise.set_why(request.why());
        return hosts.RaiseFormat(raise);
      });
  functions["RaiseFormatOfLed"] = Local<v1::RaiseFormatOfLedRequest, v1::RaiseFormatOfLedResponse>(
      [&hosts](const rpc::Caller&, const v1::RaiseFormatOfLedRequest& request,
               v1::RaiseFormatOfLedResponse&) {
        journal::v1::FormatRaised raise;
        raise.set_format(request.format());
        raise.set_operator_id(request.operator_id());
        raise.set_why(request.why());
        return hosts.RaiseFormatOfLed(raise);
      });
  functions["SkipInput"] = Local<v1::SkipInputRequest, v1::SkipInputResponse>(
      [&hosts](const rpc::Caller& caller, const v1::SkipInputRequest& request,
               v1::SkipInputResponse& response) {
        host::PartitionHost* host = hosts.FindPartition(request.context(), request.partition());
        if (host == nullptr) return absl::NotFoundError("no such partition");
        journal::v1::InputSkipped skip;
        skip.set_topic(request.topic());
        skip.set_height(request.height());
        skip.set_operator_id(caller.actor.id);
        skip.set_why(request.why());
        const auto height = host->SkipInput(skip);
        if (height.ok()) response.set_height(*height);
        return height.status();
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
