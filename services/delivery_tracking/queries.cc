#include "services/delivery_tracking/queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/view/keys.h"
#include "common/view/paging.h"
#include "services/delivery_tracking/domain/convert.h"
#include "services/delivery_tracking/domain/ids.h"
#include "services/delivery_tracking/view.h"

namespace sanyuan::delivery_tracking {
namespace {

using common::v1::ROLE_DELIVERY_STAFF;
using common::v1::ROLE_RETAILER;
using view::Pager;

absl::Status NoSuch(const std::string& what) { return absl::NotFoundError("there is no such " + what); }

absl::StatusOr<County> CountyFrom(const std::string& code) {
  const auto county = code.size() == 6 ? CountyOfId(code) : std::nullopt;
  if (!county) return absl::InvalidArgumentError("county_code: six digits");
  return *county;
}

// The part of a key that all ids of a day begin with; empty for all days.
absl::StatusOr<std::string> DayPrefix(const std::string& county_code, const std::string& date_text) {
  if (date_text.empty()) return std::string();
  const auto date = ParseDate(date_text);
  if (!date) return absl::InvalidArgumentError("delivery_date: YYYY-MM-DD");
  return county_code + "-" + CompactDateText(*date) + "-";
}

template <typename Message>
absl::StatusOr<Message> Load(const ViewReader& view, const std::string& key, const std::string& what) {
  auto row = view.Get(key);
  if (!row.ok()) return row.status();
  Message message;
  if (!*row) return NoSuch(what);
  if (!message.ParseFromString(**row)) return absl::DataLossError("a row of the view can't be read");
  return message;
}

bool MaySee(const Actor& caller, const v1::DeliveryRun& run) {
  if (caller.role == ROLE_RETAILER) return false;
  const auto& crew = run.crew_staff_ids();
  return caller.role != ROLE_DELIVERY_STAFF || std::find(crew.begin(), crew.end(), caller.id) != crew.end();
}

absl::StatusOr<v1::DeliveryRun> LoadRun(const ViewReader& view, const std::string& county,
                                        const std::string& run) {
  return Load<v1::DeliveryRun>(view, view::Key({"run", county, run}), "run");
}

template <typename Request>
absl::StatusOr<v1::DeliveryRun> RunFor(const ViewReader& view, const Actor& caller, const Request& request) {
  const auto county = CountyFrom(request.county_code());
  if (!county.ok()) return county.status();
  if (!ParseRunId(*county, request.run_id()))
    return absl::InvalidArgumentError("run_id: not a run of the county");
  auto run = LoadRun(view, request.county_code(), request.run_id());
  if (run.ok() && !MaySee(caller, *run)) return NoSuch("run");
  return run;
}

// Shows stops as they are for people: with what the run says about them.
class Stops {
 public:
  Stops(const ViewReader& view, const Actor& caller, std::string county)
      : view_(view), caller_(caller), county_(std::move(county)) {}

  absl::StatusOr<v1::Stop> Get(const StopKey& key) {
    auto stop = Load<v1::Stop>(
        view_, view::Key({"stop", county_, IdText(key.run()), fmt::format("{:04}", key.number)}), "stop");
    return stop.ok() ? Shown(*std::move(stop)) : stop;
  }

  // NotFound when it is not the caller's to see.
  absl::StatusOr<v1::Stop> Shown(v1::Stop stop) {
    auto run = Run(stop.run_id());
    if (!run.ok()) return run.status();
    const bool visible = caller_.role == ROLE_RETAILER ? stop.licence() == caller_.id : MaySee(caller_, *run);
    if (!visible) return NoSuch("stop");
    if (stop.state() == v1::STOP_STATE_PLANNED && run->state() >= v1::RUN_STATE_DEPARTED) {
      stop.set_state(v1::STOP_STATE_EN_ROUTE);
    } else if (stop.state() == v1::STOP_STATE_PLANNED && run->announced()) {
      stop.set_state(v1::STOP_STATE_NOTIFIED);
    }
    return stop;
  }

 private:
  absl::StatusOr<v1::DeliveryRun> Run(const std::string& run_id) {
    const auto known = runs_.find(run_id);
    if (known != runs_.end()) return known->second;
    auto run = LoadRun(view_, county_, run_id);
    if (run.ok()) runs_.emplace(run_id, *run);
    return run;
  }

  const ViewReader& view_;
  const Actor& caller_;
  const std::string county_;
  std::map<std::string, v1::DeliveryRun> runs_;
};

template <typename Request>
absl::StatusOr<StopKey> StopFrom(const Request& request) {
  const auto county = CountyFrom(request.county_code());
  if (!county.ok()) return county.status();
  const auto key = ParseStopId(*county, request.stop_id());
  if (!key) return absl::InvalidArgumentError("stop_id: not a stop of the county");
  return *key;
}

// The ids after `prefix` in an index of empty rows.
absl::StatusOr<std::vector<std::string>> Ids(const ViewReader& view, const std::string& prefix,
                                             const std::string& begin) {
  constexpr size_t kMaximum = 1000;
  auto rows = view.Scan(prefix + begin, "", kMaximum);
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const auto& [key, value] : *rows) ids.push_back(key.substr(prefix.size()));
  return ids;
}

// Where to look for the stops that a list asks for, in order.
absl::StatusOr<std::vector<std::string>> StopRanges(const ViewReader& view, const Actor& caller,
                                                    const v1::ListStopsRequest& request) {
  const std::string& county = request.county_code();
  const std::string all = view::Prefix({"stop", county});
  if (!request.run_id().empty()) {
    if (auto run = RunFor(view, caller, request); !run.ok()) return run.status();
    return std::vector{view::Prefix({"stop", county, request.run_id()})};
  }
  auto day = DayPrefix(county, request.delivery_date());
  if (!day.ok()) return day.status();
  if (caller.role != ROLE_DELIVERY_STAFF) return std::vector{all + *day};
  auto runs = Ids(view, view::Prefix({"crew", county, caller.id}), *day);
  if (!runs.ok()) return runs.status();
  std::vector<std::string> ranges;
  for (const std::string& run : *runs) ranges.push_back(view::Prefix({"stop", county, run}));
  return ranges;
}

}  // namespace

absl::StatusOr<v1::GetRunResponse> GetRun(const ViewReader& view, const Actor& caller,
                                          const v1::GetRunRequest& request) {
  auto run = RunFor(view, caller, request);
  if (!run.ok()) return run.status();
  v1::GetRunResponse response;
  *response.mutable_run() = *std::move(run);
  return response;
}

absl::StatusOr<v1::ListRunsResponse> ListRuns(const ViewReader& view, const Actor& caller,
                                              const v1::ListRunsRequest& request) {
  if (auto county = CountyFrom(request.county_code()); !county.ok()) return county.status();
  auto day = DayPrefix(request.county_code(), request.delivery_date());
  if (!day.ok()) return day.status();
  v1::ListRunsResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const bool own = caller.role == ROLE_DELIVERY_STAFF;
  const std::string prefix = own ? view::Prefix({"crew", request.county_code(), caller.id})
                                 : view::Prefix({"run", request.county_code()});
  const absl::Status read = pager.Read(prefix, *day, [&](const std::string& id, const std::string& value) {
    v1::DeliveryRun run;
    if (own) {
      auto loaded = LoadRun(view, request.county_code(), id);
      if (!loaded.ok()) return absl::StatusOr<bool>(loaded.status());
      run = *std::move(loaded);
    } else if (!run.ParseFromString(value)) {
      return absl::StatusOr<bool>(absl::DataLossError("a row of the view can't be read"));
    }
    if (request.state() != v1::RUN_STATE_UNSPECIFIED && run.state() != request.state()) {
      return absl::StatusOr<bool>(false);
    }
    *response.add_runs() = std::move(run);
    return absl::StatusOr<bool>(true);
  });
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetReconciliationResponse> GetReconciliation(const ViewReader& view, const Actor& caller,
                                                                const v1::GetReconciliationRequest& request) {
  auto run = RunFor(view, caller, request);
  if (!run.ok()) return run.status();
  auto response = Load<v1::GetReconciliationResponse>(
      view, view::Key({"loss", request.county_code(), request.run_id()}), "run");
  if (!response.ok()) return response.status();
  response->set_run_id(request.run_id());
  response->set_state(run->state());
  constexpr size_t kMaximumSkus = 10'000;
  auto rows = view.Scan(view::Prefix({"sku", request.county_code(), request.run_id()}), "", kMaximumSkus);
  if (!rows.ok()) return rows.status();
  RunSku sum;
  bool balanced = true;
  for (const auto& [key, value] : *rows) {
    v1::SkuBalance& sku = *response->add_skus();
    if (!sku.ParseFromString(value)) return absl::DataLossError("a row of the view can't be read");
    sum.planned += sku.planned_cartons();
    sum.loaded += sku.loaded_cartons();
    sum.delivered += sku.delivered_cartons();
    sum.returned += sku.returned_cartons();
    sum.lost += sku.lost_cartons();
    balanced = balanced && sku.carried_cartons() == 0;
  }
  response->set_balanced(balanced);
  response->set_planned_cartons(sum.planned);
  response->set_loaded_cartons(sum.loaded);
  response->set_delivered_cartons(sum.delivered);
  response->set_returned_cartons(sum.returned);
  response->set_lost_cartons(sum.lost);
  response->set_carried_cartons(sum.carried());
  return *std::move(response);
}

absl::StatusOr<v1::ListPoolResponse> ListPool(const ViewReader& view, const Actor& /*caller*/,
                                              const v1::ListPoolRequest& request) {
  if (auto county = CountyFrom(request.county_code()); !county.ok()) return county.status();
  v1::ListPoolResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read =
      pager.ReadAll(view::Prefix({"pool", request.county_code()}), *response.mutable_entries());
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetStopResponse> GetStop(const ViewReader& view, const Actor& caller,
                                            const v1::GetStopRequest& request) {
  const auto key = StopFrom(request);
  if (!key.ok()) return key.status();
  auto stop = Stops(view, caller, request.county_code()).Get(*key);
  if (!stop.ok()) return stop.status();
  v1::GetStopResponse response;
  *response.mutable_stop() = *std::move(stop);
  return response;
}

absl::StatusOr<v1::ListStopsResponse> ListStops(const ViewReader& view, const Actor& caller,
                                                const v1::ListStopsRequest& request) {
  const auto county = CountyFrom(request.county_code());
  if (!county.ok()) return county.status();
  if (caller.role == ROLE_RETAILER && request.licence() != caller.id) {
    return absl::PermissionDeniedError("retailers list the stops of their own licence");
  }
  v1::ListStopsResponse response;
  Stops stops(view, caller, request.county_code());
  Pager pager(view, request.page_size(), request.page_token());
  const auto add = [&](absl::StatusOr<v1::Stop> stop) -> absl::StatusOr<bool> {
    if (absl::IsNotFound(stop.status())) return false;
    if (!stop.ok()) return stop.status();
    if (request.state() != v1::STOP_STATE_UNSPECIFIED && stop->state() != request.state()) return false;
    if (!request.licence().empty() && stop->licence() != request.licence()) return false;
    *response.add_stops() = *std::move(stop);
    return true;
  };
  absl::Status read;
  if (!request.licence().empty() && request.run_id().empty()) {
    const auto day = DayPrefix(request.county_code(), request.delivery_date());
    if (!day.ok()) return day.status();
    read = pager.Read(view::Prefix({"shop", request.county_code(), request.licence()}), *day,
                      [&](const std::string& id, const std::string&) -> absl::StatusOr<bool> {
                        const auto key = ParseStopId(*county, id);
                        return key ? add(stops.Get(*key)) : false;
                      });
  } else {
    const auto ranges = StopRanges(view, caller, request);
    if (!ranges.ok()) return ranges.status();
    const std::string all = view::Prefix({"stop", request.county_code()});
    for (const std::string& range : *ranges) {
      if (pager.full()) {
        pager.MarkMore();
        break;
      }
      read = pager.Read(all, range.substr(all.size()),
                        [&](const std::string&, const std::string& value) -> absl::StatusOr<bool> {
                          v1::Stop stop;
                          if (!stop.ParseFromString(value)) return absl::DataLossError("a row can't be read");
                          return add(stops.Shown(std::move(stop)));
                        });
      if (!read.ok()) return read;
    }
  }
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetReceiptResponse> GetReceipt(const ViewReader& view, const Actor& caller,
                                                  const v1::GetReceiptRequest& request) {
  const auto key = StopFrom(request);
  if (!key.ok()) return key.status();
  const auto stop = Stops(view, caller, request.county_code()).Get(*key);
  if (!stop.ok()) return stop.status();
  v1::GetReceiptResponse response;
  auto receipt = Load<v1::Receipt>(
      view, view::Key({"receipt", request.county_code(), stop->run_id(), fmt::format("{:04}", key->number)}),
      "receipt");
  if (receipt.ok()) {
    *response.mutable_receipt() = *std::move(receipt);
    *response.mutable_receipt()->mutable_delivered() = stop->delivered();
  } else if (absl::IsNotFound(receipt.status())) {
    response.mutable_receipt()->set_stop_id(request.stop_id());
    response.mutable_receipt()->set_county_code(request.county_code());
    response.mutable_receipt()->set_run_id(stop->run_id());
    response.mutable_receipt()->set_licence(stop->licence());
    response.mutable_receipt()->set_state(v1::RECEIPT_STATE_PENDING);
  } else {
    return receipt.status();
  }
  return response;
}

absl::StatusOr<v1::ListReceiptsResponse> ListReceipts(const ViewReader& view, const Actor& caller,
                                                      const v1::ListReceiptsRequest& request) {
  const auto county = CountyFrom(request.county_code());
  if (!county.ok()) return county.status();
  if (caller.role == ROLE_RETAILER || caller.role == ROLE_DELIVERY_STAFF) {
    return absl::PermissionDeniedError("receipts are listed for those who look into them");
  }
  const auto day = DayPrefix(request.county_code(), request.delivery_date());
  if (!day.ok()) return day.status();
  v1::ListReceiptsResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const bool indexed = IsOpenReceipt(request.state());
  const std::string prefix =
      indexed ? view::Prefix({"open", request.county_code(), std::to_string(request.state())})
              : view::Prefix({"receipt", request.county_code()});
  const auto visit = [&](const std::string& id, const std::string& value) -> absl::StatusOr<bool> {
    v1::Receipt receipt;
    if (indexed) {
      const auto key = ParseStopId(*county, id);
      if (!key) return absl::DataLossError("a row of the view can't be read");
      auto loaded = Load<v1::Receipt>(view,
                                      view::Key({"receipt", request.county_code(), IdText(key->run()),
                                                 fmt::format("{:04}", key->number)}),
                                      "receipt");
      if (!loaded.ok()) return loaded.status();
      receipt = *std::move(loaded);
    } else if (!receipt.ParseFromString(value)) {
      return absl::DataLossError("a row of the view can't be read");
    }
    if (request.state() != v1::RECEIPT_STATE_UNSPECIFIED && receipt.state() != request.state()) return false;
    *response.add_receipts() = std::move(receipt);
    return true;
  };
  if (const absl::Status read = pager.Read(prefix, *day, visit); !read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::GetDeviceStreamResponse> GetDeviceStream(const ViewReader& view, const Actor& /*caller*/,
                                                            const v1::GetDeviceStreamRequest& request) {
  if (auto county = CountyFrom(request.county_code()); !county.ok()) return county.status();
  if (request.device_key().empty() || request.installation_id().empty()) {
    return absl::InvalidArgumentError("device_key, installation_id: required");
  }
  auto stream = Load<v1::GetDeviceStreamResponse>(
      view, view::Key({"stream", request.county_code(), request.device_key(), request.installation_id()}),
      "stream");
  if (absl::IsNotFound(stream.status())) return v1::GetDeviceStreamResponse();
  return stream;
}

absl::StatusOr<v1::ListRejectedDeviceEventsResponse> ListRejectedDeviceEvents(
    const ViewReader& view, const Actor& /*caller*/, const v1::ListRejectedDeviceEventsRequest& request) {
  if (auto county = CountyFrom(request.county_code()); !county.ok()) return county.status();
  v1::ListRejectedDeviceEventsResponse response;
  Pager pager(view, request.page_size(), request.page_token());
  const absl::Status read =
      pager.ReadAll(view::Prefix({"rejected", request.county_code()}), *response.mutable_events());
  if (!read.ok()) return read;
  response.set_next_page_token(pager.next_page_token());
  return response;
}

namespace {

template <typename Request, typename Response>
view::QueryFn Wrap(absl::StatusOr<Response> (*query)(const ViewReader&, const Actor&, const Request&)) {
  return [query](const ViewReader& view, const Actor& caller, const google::protobuf::Message& request)
             -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    absl::StatusOr<Response> response = query(view, caller, static_cast<const Request&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<Response>(*std::move(response));
  };
}

}  // namespace

const view::Queries& DeliveryTrackingQueries() {
  static const view::Queries queries = {
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/GetRun", Wrap(&GetRun)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/ListRuns", Wrap(&ListRuns)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/GetReconciliation", Wrap(&GetReconciliation)},
      {"/sanyuan.delivery_tracking.v1.DeliveryRunService/ListPool", Wrap(&ListPool)},
      {"/sanyuan.delivery_tracking.v1.StopService/GetStop", Wrap(&GetStop)},
      {"/sanyuan.delivery_tracking.v1.StopService/ListStops", Wrap(&ListStops)},
      {"/sanyuan.delivery_tracking.v1.ReceiptService/GetReceipt", Wrap(&GetReceipt)},
      {"/sanyuan.delivery_tracking.v1.ReceiptService/ListReceipts", Wrap(&ListReceipts)},
      {"/sanyuan.delivery_tracking.v1.DeviceService/GetDeviceStream", Wrap(&GetDeviceStream)},
      {"/sanyuan.delivery_tracking.v1.DeviceService/ListRejectedDeviceEvents",
       Wrap(&ListRejectedDeviceEvents)},
  };
  return queries;
}

}  // namespace sanyuan::delivery_tracking
