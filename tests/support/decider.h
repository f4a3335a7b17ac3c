// Drives a context's deciders as a partition does, without a journal: what is decided is serialized, parsed again
// and folded, one decision after the other, and can be replayed into a fresh domain.
//
//   Decider<OrderIntakeDomain> county;
//   county.Send({"620121100001", common::v1::ROLE_RETAILER}, "/sanyuan.order_intake.v1.OrderService/SubmitOrder", order);
//
// The first decision that can't be folded is kept in status(). Thread safety: none.
#ifndef SANYUAN_TESTS_SUPPORT_DECIDER_H_
#define SANYUAN_TESTS_SUPPORT_DECIDER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/partition/domain.h"

namespace sanyuan::testing {

template <typename D>
class Decider {
 public:
  struct Record {
    partition::Stamp stamp;
    std::vector<std::string> events;
  };

  D& domain() { return *domain_; }
  const D& domain() const { return *domain_; }
  const absl::Status& status() const { return status_; }
  // All decisions so far; record i has height i + 1.
  const std::vector<Record>& records() const { return records_; }

  absl::Time now() const { return now_; }
  // Moves the clock and fires what is due, until nothing is.
  void Tick(absl::Time now) {
    now_ = now;
    while (status_.ok() && domain_->NextDue() <= now_) FireOnce();
  }
  // One decision of the timer that is due, if any.
  bool FireOnce() {
    if (domain_->NextDue() > now_) return false;
    partition::Outcome outcome = domain_->Fire(StampNow());
    if (outcome.events.empty()) {
      Fail(absl::InternalError("a timer is due and decides nothing"));
      return false;
    }
    Fold(outcome.events, StampNow());
    return true;
  }

  // A command received now, or at `received_at`. Each call has a request id of its own; nothing here remembers
  // them, so a repeat is `request_number` given again.
  template <typename Request>
  partition::Outcome Send(partition::Actor actor, std::string_view method, const Request& request,
                          absl::Time received_at = absl::InfinitePast(), uint64_t request_number = 0) {
    partition::Stamp stamp = StampNow();
    if (received_at != absl::InfinitePast()) stamp.received_at = received_at;
    if (request_number == 0) request_number = ++requests_;
    for (size_t i = 0; i < 8; ++i) stamp.request_id[i] = static_cast<uint8_t>(request_number >> (8 * i));
    stamp.actor = std::move(actor);
    stamp.method = std::string(method);
    partition::Command command;
    // Commands of the reference registry belong to no county.
    if constexpr (requires { request.county_code(); }) {
      command.county = CountyOfId(request.county_code()).value_or(0);
    }
    command.actor = stamp.actor;
    command.method = stamp.method;
    command.request_id = stamp.request_id;
    command.received_at = stamp.received_at;
    command.request = std::make_shared<Request>(request);
    partition::Outcome outcome = domain_->Decide(command, stamp);
    Fold(outcome.events, stamp);
    return outcome;
  }

  // One decision of an input journal, reacted to in parts of at most `budget` bytes. The events that came of it.
  std::vector<partition::EventPtr> Receive(std::string_view topic,
                                           const std::vector<partition::EventPtr>& events,
                                           std::vector<const std::vector<partition::EventPtr>*> pages = {},
                                           size_t budget = 256 << 10) {
    partition::Input input;
    input.topic = topic;
    input.events = &events;
    input.pages = std::move(pages);
    std::vector<partition::EventPtr> all;
    uint64_t index = 0;
    for (bool done = false; !done && status_.ok();) {
      partition::Reaction reaction = domain_->React(input, index, budget, StampNow());
      if (!reaction.done && reaction.next_index <= index)
        Fail(absl::InternalError("a reaction makes no progress"));
      Fold(reaction.events, StampNow());
      for (auto& event : reaction.events) all.push_back(std::move(event));
      index = reaction.next_index;
      done = reaction.done;
    }
    return all;
  }

  // A domain folded from the recorded decisions alone.
  std::unique_ptr<D> Replayed() {
    auto fresh = std::make_unique<D>();
    for (size_t i = 0; i < records_.size(); ++i) {
      if (absl::Status folded = FoldInto(*fresh, records_[i], i + 1); !folded.ok()) Fail(folded);
    }
    return fresh;
  }

  void Fold(const std::vector<partition::EventPtr>& events, const partition::Stamp& stamp) {
    if (events.empty()) return;
    Record record{stamp, {}};
    for (const auto& event : events) record.events.push_back(event->SerializeAsString());
    records_.push_back(std::move(record));
    if (absl::Status folded = FoldInto(*domain_, records_.back(), records_.size()); !folded.ok())
      Fail(folded);
  }

  partition::Stamp StampNow() const {
    partition::Stamp stamp;
    stamp.decided_at = now_;
    stamp.received_at = now_;
    return stamp;
  }

 private:
  static absl::Status FoldInto(D& domain, const Record& record, uint64_t height) {
    partition::Stamp stamp = record.stamp;
    stamp.height = height;
    domain.store().BeginRecord(height);
    for (const std::string& bytes : record.events) {
      partition::EventPtr event = domain.NewEvent();
      if (!event->ParseFromString(bytes)) return absl::DataLossError("an event can't be read back");
      if (absl::Status folded = domain.Evolve(*event, stamp); !folded.ok()) return folded;
    }
    domain.store().Accept(height);
    return absl::OkStatus();
  }

  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  std::unique_ptr<D> domain_ = std::make_unique<D>();
  absl::Status status_;
  std::vector<Record> records_;
  absl::Time now_;
  uint64_t requests_ = 0;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_DECIDER_H_
