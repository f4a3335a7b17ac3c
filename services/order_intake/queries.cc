#include "services/order_intake/queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/state/codec.h"
#include "common/view/keys.h"
#include "services/order_intake/domain/allowance.h"
#include "services/order_intake/domain/state.h"
#include "services/order_intake/view.h"

namespace sanyuan::order_intake {
namespace {

constexpr int32_t kUsualPage = 50;
constexpr int32_t kLargestPage = 500;
// A page with a filter looks at no more rows than this, and says where to go on.
constexpr size_t kLooksAt = 2000;

absl::Status Invalid(std::string_view field) {
  return absl::InvalidArgumentError(fmt::format("{} has a wrong value", field));
}

absl::Status CheckOwn(const partition::Actor& caller, const std::string& licence) {
  if (caller.role != common::v1::ROLE_RETAILER || caller.id == licence) return absl::OkStatus();
  return absl::PermissionDeniedError("a retailer sees his own licence only");
}

absl::StatusOr<WindowId> WindowOfRequest(const std::string& county_code, const std::string& window_id) {
  const auto id = WindowId::Parse(window_id);
  if (!id || CountyText(id->county) != county_code) return Invalid("window_id");
  return *id;
}

// nullopt when there is no such row; DataLoss when it can't be read.
template <typename Message>
absl::StatusOr<std::optional<Message>> Read(const view::ViewReader& view, const std::string& key) {
  auto row = view.Get(key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::optional<Message>();
  Message message;
  if (!message.ParseFromString(**row)) return absl::DataLossError("view row " + key);
  return std::optional<Message>(std::move(message));
}

template <typename Row>
absl::StatusOr<std::optional<Row>> ReadRow(const view::ViewReader& view, const std::string& key) {
  auto bytes = view.Get(key);
  if (!bytes.ok()) return bytes.status();
  if (!bytes->has_value()) return std::optional<Row>();
  Row row;
  if (!state::Decode(**bytes, row)) return absl::DataLossError("view row " + key);
  return std::optional<Row>(std::move(row));
}

// One page of the rows below `prefix`: `visit` gets key and value of each and returns whether it took it.
template <typename Visit>
absl::Status Page(const view::ViewReader& view, const std::string& prefix, std::string first,
                  int32_t page_size, const std::string& page_token, std::string& next_page_token,
                  Visit visit) {
  if (page_size < 0) return Invalid("page_size");
  const auto wanted = static_cast<size_t>(page_size == 0 ? kUsualPage : std::min(page_size, kLargestPage));
  std::string after = page_token.empty() ? std::move(first) : prefix + page_token;
  size_t taken = 0;
  for (size_t seen = 0; seen < kLooksAt;) {
    auto rows = view.Scan(prefix, after, wanted + 1);
    if (!rows.ok()) return rows.status();
    for (auto& [key, value] : *rows) {
      if (taken == wanted) {
        next_page_token = after.substr(prefix.size());
        return absl::OkStatus();
      }
      auto took = visit(key, value);
      if (!took.ok()) return took.status();
      if (*took) ++taken;
      after = key;
      ++seen;
    }
    if (rows->size() <= wanted) return absl::OkStatus();
  }
  next_page_token = after.substr(prefix.size());
  return absl::OkStatus();
}

std::string LastPart(const std::string& key) { return key.substr(key.rfind('/') + 1); }

absl::Status AddPolicy(const view::ViewReader& view, v1::Order& order) {
  const auto id = WindowId::Parse(order.window_id());
  if (!id) return absl::DataLossError("order without a window");
  auto window = Read<v1::OrderWindow>(view, WindowViewKey(*id));
  if (!window.ok()) return window.status();
  if (*window) order.set_policy_version((*window)->versions().ordering_policy());
  return absl::OkStatus();
}

// Cartons of each SKU with a cap that the retailer ordered in the window.
absl::Status AddOrdered(const view::ViewReader& view, const WindowId& id, const std::string& licence,
                        v1::Room& room) {
  const std::string prefix = view::Prefix({"order-of-window", CountyText(id.county), id.Text(), licence});
  auto index = view.Scan(prefix, "", kLooksAt);
  if (!index.ok()) return index.status();
  for (const auto& [key, unused] : *index) {
    auto order = Read<v1::Order>(view, view::Key({"order", CountyText(id.county), LastPart(key)}));
    if (!order.ok()) return order.status();
    if (!*order || (*order)->state() == v1::ORDER_STATE_CANCELLED) continue;
    for (const v1::OrderLine& line : (*order)->lines()) {
      for (v1::CapRoom& cap : *room.mutable_caps()) {
        if (cap.sku() == line.sku())
          cap.set_available_cartons(cap.available_cartons() - line.requested_cartons());
      }
    }
  }
  for (v1::CapRoom& cap : *room.mutable_caps()) {
    cap.set_available_cartons(std::max<int64_t>(0, cap.available_cartons()));
  }
  return absl::OkStatus();
}

absl::Status AddCaps(const view::ViewReader& view, const WindowId& id, const v1::OrderWindow& window,
                     const std::string& licence, v1::Room& room) {
  if (window.versions().tight_list().empty() || window.versions().ration().empty()) return absl::OkStatus();
  auto retailer = ReadRow<Retailer>(view, CopyViewKey("retailer", id.county, licence));
  if (!retailer.ok()) return retailer.status();
  auto tight = ReadRow<TightList>(view, CopyViewKey("tight", id.county, window.versions().tight_list()));
  if (!tight.ok()) return tight.status();
  auto rations = ReadRow<RationTable>(view, CopyViewKey("ration", id.county, window.versions().ration()));
  if (!rations.ok()) return rations.status();
  if (!*retailer || !*tight || !*rations) return absl::OkStatus();
  for (const RationCap& cap : (*rations)->caps) {
    if (cap.ration_class != (*retailer)->ration_class) continue;
    if (!std::binary_search((*tight)->skus.begin(), (*tight)->skus.end(), cap.sku)) continue;
    v1::CapRoom& out = *room.add_caps();
    out.set_sku(cap.sku.str());
    out.set_cap_cartons(cap.cap);
    out.set_available_cartons(cap.cap);
  }
  return room.caps().empty() ? absl::OkStatus() : AddOrdered(view, id, licence, room);
}

template <typename Request, typename Response>
view::QueryFn Query(absl::StatusOr<Response> (*query)(const view::ViewReader&, const partition::Actor&,
                                                      const Request&)) {
  return [query](const view::ViewReader& view, const partition::Actor& caller,
                 const google::protobuf::Message& request)
             -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
    auto response = query(view, caller, static_cast<const Request&>(request));
    if (!response.ok()) return response.status();
    return std::make_unique<Response>(*std::move(response));
  };
}

}  // namespace

absl::StatusOr<v1::GetOrderResponse> GetOrder(const view::ViewReader& view, const partition::Actor& caller,
                                              const v1::GetOrderRequest& request) {
  const auto id = OrderId::Parse(request.order_id());
  if (!id || CountyText(id->county) != request.county_code()) return Invalid("order_id");
  auto order = Read<v1::Order>(view, OrderViewKey(*id));
  if (!order.ok()) return order.status();
  if (!*order || !CheckOwn(caller, (*order)->licence()).ok()) {
    return absl::NotFoundError("there is no order " + request.order_id());
  }
  v1::GetOrderResponse response;
  *response.mutable_order() = **std::move(order);
  if (absl::Status added = AddPolicy(view, *response.mutable_order()); !added.ok()) return added;
  return response;
}

absl::StatusOr<v1::ListOrdersResponse> ListOrders(const view::ViewReader& view,
                                                  const partition::Actor& caller,
                                                  const v1::ListOrdersRequest& request) {
  if (absl::Status own = CheckOwn(caller, request.licence()); !own.ok()) return own;
  if (!ParseCounty(request.county_code())) return Invalid("county_code");
  if (request.licence().empty() && request.window_id().empty()) return Invalid("window_id");
  if (!request.window_id().empty()) {
    auto window = WindowOfRequest(request.county_code(), request.window_id());
    if (!window.ok()) return window.status();
  }
  std::string prefix;
  if (request.window_id().empty()) {
    prefix = view::Prefix({"order-of-licence", request.county_code(), request.licence()});
  } else if (request.licence().empty()) {
    prefix = view::Prefix({"order-of-window", request.county_code(), request.window_id()});
  } else {
    prefix = view::Prefix({"order-of-window", request.county_code(), request.window_id(), request.licence()});
  }
  v1::ListOrdersResponse response;
  absl::Status listed =
      Page(view, prefix, "", request.page_size(), request.page_token(), *response.mutable_next_page_token(),
           [&](const std::string& key, const std::string&) -> absl::StatusOr<bool> {
             auto order = Read<v1::Order>(view, view::Key({"order", request.county_code(), LastPart(key)}));
             if (!order.ok()) return order.status();
             if (!*order) return false;
             if (request.state() != v1::ORDER_STATE_UNSPECIFIED && (*order)->state() != request.state())
               return false;
             if (absl::Status added = AddPolicy(view, **order); !added.ok()) return added;
             *response.add_orders() = **std::move(order);
             return true;
           });
  if (!listed.ok()) return listed;
  return response;
}

absl::StatusOr<v1::ListForbiddenAttemptsResponse> ListForbiddenAttempts(
    const view::ViewReader& view, const partition::Actor&, const v1::ListForbiddenAttemptsRequest& request) {
  if (!ParseCounty(request.county_code())) return Invalid("county_code");
  v1::ListForbiddenAttemptsResponse response;
  absl::Status listed = Page(view, view::Prefix({"attempt", request.county_code()}), "", request.page_size(),
                             request.page_token(), *response.mutable_next_page_token(),
                             [&](const std::string& key, const std::string& value) -> absl::StatusOr<bool> {
                               if (!response.add_attempts()->ParseFromString(value))
                                 return absl::DataLossError(key);
                               return true;
                             });
  if (!listed.ok()) return listed;
  return response;
}

absl::StatusOr<v1::GetWindowResponse> GetWindow(const view::ViewReader& view, const partition::Actor&,
                                                const v1::GetWindowRequest& request) {
  auto id = WindowOfRequest(request.county_code(), request.window_id());
  if (!id.ok()) return id.status();
  auto window = Read<v1::OrderWindow>(view, WindowViewKey(*id));
  if (!window.ok()) return window.status();
  if (!*window) return absl::NotFoundError("there is no window " + request.window_id());
  v1::GetWindowResponse response;
  *response.mutable_window() = **std::move(window);
  return response;
}

absl::StatusOr<v1::ListWindowsResponse> ListWindows(const view::ViewReader& view, const partition::Actor&,
                                                    const v1::ListWindowsRequest& request) {
  if (!ParseCounty(request.county_code())) return Invalid("county_code");
  const std::string prefix = view::Prefix({"window", request.county_code()});
  std::string first;
  if (!request.from_order_day().empty()) {
    const auto day = ParseDay(request.from_order_day());
    if (!day) return Invalid("from_order_day");
    first = prefix + fmt::format("{:08}", *day);  // Before all windows of that day.
  }
  v1::ListWindowsResponse response;
  absl::Status listed =
      Page(view, prefix, std::move(first), request.page_size(), request.page_token(),
           *response.mutable_next_page_token(),
           [&](const std::string& key, const std::string& value) -> absl::StatusOr<bool> {
             v1::OrderWindow window;
             if (!window.ParseFromString(value)) return absl::DataLossError(key);
             if (request.state() != v1::WINDOW_STATE_UNSPECIFIED && window.state() != request.state()) {
               return false;
             }
             *response.add_windows() = std::move(window);
             return true;
           });
  if (!listed.ok()) return listed;
  return response;
}

absl::StatusOr<v1::GetDemandResponse> GetDemand(const view::ViewReader& view, const partition::Actor& caller,
                                                const v1::GetDemandRequest& request) {
  if (absl::Status own = CheckOwn(caller, request.licence()); !own.ok()) return own;
  auto id = WindowOfRequest(request.county_code(), request.window_id());
  if (!id.ok()) return id.status();
  if (!Code::IsValid(request.licence())) return Invalid("licence");
  auto demand = Read<v1::Demand>(view, InWindowViewKey("demand", *id, request.licence()));
  if (!demand.ok()) return demand.status();
  if (!*demand) return absl::NotFoundError("nothing was reported");
  v1::GetDemandResponse response;
  *response.mutable_demand() = **std::move(demand);
  return response;
}

absl::StatusOr<v1::ListNoDemandResponse> ListNoDemand(const view::ViewReader& view, const partition::Actor&,
                                                      const v1::ListNoDemandRequest& request) {
  auto id = WindowOfRequest(request.county_code(), request.window_id());
  if (!id.ok()) return id.status();
  v1::ListNoDemandResponse response;
  absl::Status listed =
      Page(view, view::Prefix({"no-demand", request.county_code(), request.window_id()}), "",
           request.page_size(), request.page_token(), *response.mutable_next_page_token(),
           [&](const std::string& key, const std::string& value) -> absl::StatusOr<bool> {
             if (!response.add_retailers()->ParseFromString(value)) return absl::DataLossError(key);
             return true;
           });
  if (!listed.ok()) return listed;
  return response;
}

absl::StatusOr<v1::GetRoomResponse> GetRoom(const view::ViewReader& view, const partition::Actor& caller,
                                            const v1::GetRoomRequest& request) {
  if (absl::Status own = CheckOwn(caller, request.licence()); !own.ok()) return own;
  auto id = WindowOfRequest(request.county_code(), request.window_id());
  if (!id.ok()) return id.status();
  if (!Code::IsValid(request.licence())) return Invalid("licence");
  auto window = Read<v1::OrderWindow>(view, WindowViewKey(*id));
  if (!window.ok()) return window.status();
  if (!*window) return absl::NotFoundError("there is no window " + request.window_id());
  v1::GetRoomResponse response;
  v1::Room& room = *response.mutable_room();
  room.set_county_code(request.county_code());
  room.set_licence(request.licence());
  room.set_window_id(request.window_id());
  room.set_month(MonthText(id->month()));
  room.set_floating((*window)->floating());
  auto allowance = ReadRow<Allowance>(view, AllowanceViewKey(id->county, id->month(), request.licence()));
  if (!allowance.ok()) return allowance.status();
  if (*allowance) {
    Window judged;
    judged.occurrence = static_cast<int32_t>((*window)->occurrence());
    judged.occurrences = static_cast<int32_t>((*window)->occurrences());
    room.set_allowance_open(true);
    room.set_ceiling_cartons((*allowance)->ceiling);
    room.set_reserved_cartons((*allowance)->reserved);
    room.set_consumed_cartons((*allowance)->consumed);
    room.set_available_in_month_cartons(AvailableInMonth(**allowance));
    room.set_available_now_cartons(AvailableNow(**allowance, judged));
  }
  if (absl::Status added = AddCaps(view, *id, **window, request.licence(), room); !added.ok()) return added;
  return response;
}

const view::Queries& OrderIntakeQueries() {
  static const auto* const queries = new view::Queries{
      {"/sanyuan.order_intake.v1.OrderService/GetOrder", Query(GetOrder)},
      {"/sanyuan.order_intake.v1.OrderService/ListOrders", Query(ListOrders)},
      {"/sanyuan.order_intake.v1.OrderService/ListForbiddenAttempts", Query(ListForbiddenAttempts)},
      {"/sanyuan.order_intake.v1.OrderWindowService/GetWindow", Query(GetWindow)},
      {"/sanyuan.order_intake.v1.OrderWindowService/ListWindows", Query(ListWindows)},
      {"/sanyuan.order_intake.v1.DemandService/GetDemand", Query(GetDemand)},
      {"/sanyuan.order_intake.v1.DemandService/ListNoDemand", Query(ListNoDemand)},
      {"/sanyuan.order_intake.v1.AllowanceService/GetRoom", Query(GetRoom)},
  };
  return *queries;
}

}  // namespace sanyuan::order_intake
