#include "services/sanyuanctl/demo/play_day.h"

#include "common/clock/business_time.h"
#include "common/reference/wire_time.h"
#include "sanyuan/operations/v1/operations.pb.h"
#include "services/sanyuanctl/demo/clue_days.h"
#include "services/sanyuanctl/demo/load_county.h"

namespace sanyuan::ctl::demo {

Summary PlayDay(Client& client, const DayOptions& options, const DayListener& listener) {
  const Plan plan = MakePlan(options.seed, options.retailers);
  const auto set_clock = [&client](absl::Time now) {
    operations::v1::SetClockRequest request;
    *request.mutable_now() = reference::ToWireTime(now);
    client.Call<operations::v1::SetClockResponse>(kOperator, "", request);
    client.SetNow(now);
  };
  const Date order_day = ParseDate(kOrderDay).value();
  Summary summary;

  listener.stage("loading the county");
  set_clock(AtMinute(ParseDate("2019-07-20").value(), 10 * 60));
  LoadReference(client);
  set_clock(client.now() + absl::Minutes(1));
  LoadOrganisation(client, plan);
  LoadRetailers(client, plan);
  set_clock(client.now() + absl::Minutes(1));
  listener.staffed();
  listener.stage("agreements");
  LoadAgreements(client, plan);

  listener.stage("supply, tight list, rations");
  set_clock(AtMinute(ParseDate("2019-08-01").value(), 9 * 60));
  PrepareWindow(client, plan);
  listener.stage("orders");
  set_clock(AtMinute(order_day - 1, 9 * 60));
  summary.orders = PlayOrders(client, plan);
  if (listener.ordered) listener.ordered();
  listener.stage("cut-off and allocation");
  set_clock(AtMinute(order_day, 10));
  PublishedRuns(client);
  listener.stage("payments");
  set_clock(AtMinute(order_day, 9 * 60));
  PlayPayments(client, plan, summary.orders);
  // The deadline is noon, and calls that reached a server before it count for some minutes more.
  set_clock(AtMinute(order_day, 12 * 60 + 10));
  PlayPayments(client, plan, summary.orders);
  CountVoid(client, summary.orders);

  listener.stage("deliveries");
  set_clock(AtMinute(order_day, 18 * 60));
  summary.deliveries = DeliveryDays(client, plan, set_clock).Play();
  listener.stage("inspections and tickets");
  summary.inspections = InspectionDays(client, plan, set_clock).Play();
  summary.tickets = TicketDays(client, plan, set_clock).Play();
  listener.stage("clues");
  summary.clues = ClueDays(client, plan, set_clock).Play();
  Ask(client, plan, summary);
  return summary;
}

}  // namespace sanyuan::ctl::demo
