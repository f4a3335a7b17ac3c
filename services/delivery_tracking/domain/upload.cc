#include "services/delivery_tracking/domain/upload.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "services/delivery_tracking/domain/arrival.h"
#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/device_stream.h"
#include "services/delivery_tracking/domain/receipt.h"
#include "services/delivery_tracking/domain/reconciliation.h"
#include "services/delivery_tracking/domain/suspicion.h"
#include "services/delivery_tracking/domain/upstream.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::REASON_DEVICE_UNKNOWN;
using common::v1::REASON_INVALID_FIELD;
using common::v1::REASON_SEQUENCE_RANGE;
using common::v1::REASON_SEQUENCE_REUSED;
using common::v1::REASON_TOO_LARGE;

constexpr size_t kMaximumDeviceId = 64;
constexpr int64_t kMaximumRunningSeconds = int64_t{10} * 366 * 24 * 60 * 60;

bool IsDeviceText(const std::string& text) {
  return !text.empty() && text.size() <= kMaximumDeviceId &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void CheckClock(bool present, const v1::DeviceClock& clock, const std::string& field, Refusals& refusals) {
  if (!present || !IsValidTime(clock.device_time())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".device_time"));
  }
  if (!IsDeviceText(clock.boot_id())) refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".boot_id"));
  const auto& running = clock.since_boot();
  if (running.seconds() < 0 || running.seconds() > kMaximumRunningSeconds || running.nanos() < 0 ||
      running.nanos() >= 1'000'000'000) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, field + ".since_boot"));
  }
}

Refusals Validate(const v1::UploadDeviceEventsRequest& request) {
  Refusals refusals;
  CheckCounty(request.county_code(), refusals);
  if (!IsDeviceText(request.device_key())) refusals.push_back(Refuse(REASON_INVALID_FIELD, "device_key"));
  if (!IsDeviceText(request.installation_id())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "installation_id"));
  }
  CheckClock(request.has_sent(), request.sent(), "sent", refusals);
  if (request.ByteSizeLong() > kMaximumUploadBytes) {
    refusals.push_back(RefuseLimit(REASON_TOO_LARGE, "events", kMaximumUploadBytes,
                                   static_cast<int64_t>(request.ByteSizeLong())));
  }
  return refusals;
}

// One upload while it is decided.
class Upload {
 public:
  Upload(Decision& decision, County county, const v1::UploadDeviceEventsRequest& request)
      : decision_(decision),
        request_(request),
        county_(county),
        stream_{request.device_key(), request.installation_id()} {
    if (const StreamRow* row = decision.draft().streams.Find({county, stream_})) ranges_ = row->ranges;
  }

  void Sort();
  void Take();
  void Process();
  std::unique_ptr<v1::UploadDeviceEventsResponse> Answer() const;

 private:
  struct New {
    const v1::DeviceEvent* event;
    int index;
    uint64_t content;
  };

  void SortOne(int index);
  void Repeat(int index, uint64_t content);
  Refusals Handle(const Report& report);
  void Reject(const v1::DeviceEvent& event, uint64_t content, const Refusals& refusals);
  void SetResult(int index, v1::DeviceEventStatus status, bool repeated, const Refusals& refusals = {});

  Decision& decision_;
  const v1::UploadDeviceEventsRequest& request_;
  const County county_;
  const Stream stream_;
  Ranges ranges_;                // With what this upload takes.
  std::map<uint64_t, New> new_;  // By sequence number.
  std::vector<v1::DeviceEventResult> results_{static_cast<size_t>(request_.events_size())};
  std::map<int, StopKey> receipts_;  // Accepted here, by index.
  Touched touched_;
};

void Upload::SetResult(int index, v1::DeviceEventStatus status, bool repeated, const Refusals& refusals) {
  v1::DeviceEventResult& result = results_[static_cast<size_t>(index)];
  result.set_sequence(request_.events(index).sequence());
  result.set_status(status);
  result.set_repeated_event(repeated);
  for (const auto& refusal : refusals) *result.add_refusals() = refusal;
}

void Upload::Sort() {
  for (int i = 0; i < request_.events_size(); ++i) SortOne(i);
}

void Upload::SortOne(int index) {
  const v1::DeviceEvent& event = request_.events(index);
  const uint64_t sequence = event.sequence();
  const uint64_t content = ContentHash(event);
  if (sequence == 0 || sequence > kMaximumSequence) {
    return SetResult(index, v1::DEVICE_EVENT_STATUS_NOT_TAKEN, false,
                     {RefuseLimit(REASON_SEQUENCE_RANGE, "sequence", kMaximumSequence,
                                  static_cast<int64_t>(std::min(sequence, uint64_t{INT64_MAX})))});
  }
  if (Contains(ranges_, sequence)) return Repeat(index, content);
  Ranges with = ranges_;
  Insert(with, sequence);
  if (with.size() > kMaximumRanges) {
    return SetResult(index, v1::DEVICE_EVENT_STATUS_NOT_TAKEN, false,
                     {RefuseLimit(REASON_SEQUENCE_RANGE, "sequence", kMaximumRanges,
                                  static_cast<int64_t>(with.size()), "too many gaps")});
  }
  ranges_ = std::move(with);
  new_.emplace(sequence, New{&event, index, content});
}

// A number that is taken: the answer that the first one got, or REJECTED when it stands for something else
// now.
void Upload::Repeat(int index, uint64_t content) {
  const uint64_t sequence = request_.events(index).sequence();
  const auto here = new_.find(sequence);
  const uint64_t taken =
      here != new_.end() ? here->second.content : TakenContent(decision_.draft(), county_, stream_, sequence);
  if (taken != 0 && taken != content) {
    const Refusals refusals = {Refuse(REASON_SEQUENCE_REUSED, "sequence", std::to_string(sequence))};
    SetResult(index, v1::DEVICE_EVENT_STATUS_REJECTED, true, refusals);
    Reject(request_.events(index), content, refusals);
    return;
  }
  // What an event of this very upload comes to is known later: Answer copies it.
  SetResult(index, v1::DEVICE_EVENT_STATUS_ACCEPTED, true);
  if (const RejectedRow* row = decision_.draft().rejected.Find({county_, stream_, sequence, content})) {
    v1::RejectedDeviceEvent rejected;
    if (!rejected.ParseFromString(row->rejected)) rejected.Clear();
    v1::DeviceEventResult& result = results_[static_cast<size_t>(index)];
    result.set_status(v1::DEVICE_EVENT_STATUS_REJECTED);
    *result.mutable_refusals() = rejected.refusals();
  }
}

void Upload::Take() {
  const bool known_start = decision_.draft().boots.Contains({county_, stream_, request_.sent().boot_id()});
  if (new_.empty() && known_start) return;
  v1::Event event;
  v1::DeviceEventsTaken& taken = *event.mutable_device_events_taken();
  taken.set_county_code(request_.county_code());
  taken.set_device_key(stream_.device_key);
  taken.set_installation_id(stream_.installation_id);
  taken.set_staff_id(decision_.stamp().actor.id);
  *taken.mutable_sent() = request_.sent();
  for (const auto& [sequence, added] : new_) {
    taken.add_sequences(sequence);
    taken.add_content_hashes(added.content);
  }
  decision_.Emit(std::move(event));
}

Refusals Upload::Handle(const Report& report) {
  const v1::DeviceEvent& event = *report.event;
  Refusals refusals;
  CheckClock(event.has_clock(), event.clock(), "clock", refusals);
  if (refusals.empty() && event.clock().boot_id() == request_.sent().boot_id() &&
      report.origin.since_boot_us > SinceBootMicros(request_.sent())) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "clock.since_boot", "after it was sent"));
  }
  if (event.report_case() == v1::DeviceEvent::REPORT_NOT_SET) {
    refusals.push_back(Refuse(REASON_INVALID_FIELD, "report"));
  }
  if (!refusals.empty()) return refusals;
  switch (event.report_case()) {
    case v1::DeviceEvent::kArrival:
      return ReportArrival(decision_, report, touched_);
    case v1::DeviceEvent::kReceipt:
      return ReportReceipt(decision_, report, touched_);
    case v1::DeviceEvent::kUndelivered:
      return ReportUndelivered(decision_, report);
    default:
      return ReportLateReason(decision_, report);
  }
}

void Upload::Reject(const v1::DeviceEvent& event, uint64_t content, const Refusals& refusals) {
  if (decision_.draft().rejected.Contains({county_, stream_, event.sequence(), content})) return;
  v1::Event out;
  v1::DeviceEventRejected& rejected = *out.mutable_device_event_rejected();
  rejected.set_county_code(request_.county_code());
  rejected.set_content_hash(content);
  v1::RejectedDeviceEvent& kept = *rejected.mutable_rejected();
  kept.set_device_key(stream_.device_key);
  kept.set_installation_id(stream_.installation_id);
  kept.set_sequence(event.sequence());
  kept.set_staff_id(decision_.stamp().actor.id);
  *kept.mutable_event() = event;
  for (const auto& refusal : refusals) *kept.add_refusals() = refusal;
  *kept.mutable_received_at() = ToProto(decision_.stamp().received_at);
  decision_.Emit(std::move(out));
}

void Upload::Process() {
  const auto staff = Code::Parse(decision_.stamp().actor.id);
  for (const auto& [sequence, added] : new_) {
    Report report;
    report.county = county_;
    report.event = added.event;
    report.origin = {stream_, sequence, *staff, added.event->clock().boot_id(),
                     SinceBootMicros(added.event->clock())};
    const Refusals refusals = Handle(report);
    if (refusals.empty()) {
      SetResult(added.index, v1::DEVICE_EVENT_STATUS_ACCEPTED, false);
      if (added.event->has_receipt()) {
        receipts_.emplace(added.index, *ParseStopId(added.event->receipt().stop_id()));
      }
    } else {
      SetResult(added.index, v1::DEVICE_EVENT_STATUS_REJECTED, false, refusals);
      Reject(*added.event, added.content, refusals);
    }
  }
  std::set<StopKey> to_judge = NoLongerWaiting(decision_.draft(), county_, stream_);
  to_judge.insert(touched_.receipts.begin(), touched_.receipts.end());
  JudgeReceipts(decision_, to_judge);
  for (const RunKey& run : touched_.ledgers) {
    if (decision_.draft().runs.Find(run)->judged)
      JudgeLedger(decision_, run, v1::IMBALANCE_CAUSE_LATE_UPLOAD);
  }
}

std::unique_ptr<v1::UploadDeviceEventsResponse> Upload::Answer() const {
  auto response = std::make_unique<v1::UploadDeviceEventsResponse>();
  for (int i = 0; i < request_.events_size(); ++i) {
    v1::DeviceEventResult result = results_[static_cast<size_t>(i)];
    const auto original = new_.find(result.sequence());
    if (original != new_.end() && original->second.index != i && result.refusals().empty()) {
      result = results_[static_cast<size_t>(original->second.index)];
      result.set_repeated_event(true);
    }
    if (const auto receipt = receipts_.find(i); receipt != receipts_.end()) {
      for (const auto& finding : FindingsOf(decision_.draft(), receipt->second))
        *result.add_findings() = finding;
    }
    *response->add_results() = std::move(result);
  }
  for (const auto& [first, last] : ranges_) {
    v1::SequenceRange& range = *response->add_taken();
    range.set_first(first);
    range.set_last(last);
  }
  *response->mutable_server_time() = ToProto(decision_.stamp().received_at);
  return response;
}

}  // namespace

Outcome DecideUploadDeviceEvents(const State& state, const v1::UploadDeviceEventsRequest& request,
                                 const Stamp& stamp) {
  Refusals refusals = Validate(request);
  if (!refusals.empty()) return Refused(std::move(refusals));
  const County county = *CountyOfId(request.county_code());
  Decision decision(state, stamp);
  const auto policy = PolicyFor(decision.draft(), county, stamp.received_at);
  if (!policy) {
    Outcome outcome;
    outcome.not_ready = "no delivery policy is known for county " + request.county_code();
    return outcome;
  }
  const auto staff_id = Code::Parse(stamp.actor.id);
  const Staff* staff = staff_id ? state.staff.Find({county, *staff_id}) : nullptr;
  if (!staff || !staff->active || !state.devices.Contains({county, request.device_key(), *staff_id})) {
    refusals.push_back(Refuse(REASON_DEVICE_UNKNOWN, "device_key", request.device_key()));
  }
  if (request.events_size() > policy->rules->upload_max_events) {
    refusals.push_back(
        RefuseLimit(REASON_TOO_LARGE, "events", policy->rules->upload_max_events, request.events_size()));
  }
  if (!refusals.empty()) return Refused(std::move(refusals));
  Upload upload(decision, county, request);
  upload.Sort();
  upload.Take();
  upload.Process();
  auto response = upload.Answer();
  return std::move(decision).Finish(std::move(response));
}

}  // namespace sanyuan::delivery_tracking
