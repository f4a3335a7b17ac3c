// A small county for tests of order intake: what the registry and allocation would have decided, sent as the
// events of their journals, and the calls of retailers, the bank and the county office.
//
//   OrderIntakeCounty county;               // Registered, policies in force, SKUs 620001 to 620005 listed.
//   county.AddRetailer("620121100001");
//   county.OpenAllowance("620121100001", "2019-08", 126, {38, 63, 89, 114, 126});
//   const std::string window = county.OpenWindow("2019-08-05");
//   const partition::Outcome outcome = county.Submit("620121100001", window, {{"620001", 3}});
#ifndef SANYUAN_TESTS_SUPPORT_ORDER_INTAKE_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_ORDER_INTAKE_COUNTY_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/order_intake/domain/order_intake_domain.h"
#include "tests/support/decider.h"

namespace sanyuan::testing {

// Licences of two shops.
inline constexpr char kShop[] = "620121100001";
inline constexpr char kOther[] = "620121100002";

struct Asked {
  std::string sku;
  int64_t cartons = 0;
  std::optional<int64_t> demand = std::nullopt;
};

struct Offer {
  std::string order_id;
  std::string licence;
  std::vector<std::pair<uint32_t, int64_t>> lines;  // Line number from 1, cartons.
};

struct RetailerSpec {
  bool active = true;
  std::string ration_class = "A";
  std::string route = "R01";
  bool expected = true;
  std::string valid_to = {};
};

struct WindowSpec {
  uint32_t sequence = 1;
  uint32_t occurrence = 1;
  uint32_t occurrences = 5;
  std::vector<std::string> routes = {};
  bool expected_none = false;
};

class OrderIntakeCounty : public Decider<order_intake::OrderIntakeDomain> {
 public:
  static constexpr char kCode[] = "620121";
  static constexpr County kCounty = 620121;

  // `floating`: an allocation policy is in force. `ordering`: an ordering policy is.
  explicit OrderIntakeCounty(bool floating = true, bool ordering = true);

  const order_intake::State& state() const { return domain().state(); }

  void ListSku(const std::string& sku, int64_t wholesale_fen, bool listed = true);
  void AddRetailer(const std::string& licence, const RetailerSpec& spec = {});
  void AddStaff(const std::string& staff_id, const std::vector<std::string>& devices);
  void OpenAllowance(const std::string& licence, const std::string& month, int64_t ceiling,
                     const std::vector<int64_t>& pacing = {});
  void CompleteMonth(const std::string& month);
  void PublishTight(const std::string& version, const std::vector<std::string>& skus, absl::Time from);
  void PublishRation(const std::string& version,
                     const std::vector<std::pair<std::string, int64_t>>& caps_of_class_a, absl::Time from);

  // From two days before the order day, 12:00, to 23:59:59 of the day before it.
  partition::Outcome Schedule(const std::string& order_day, const WindowSpec& spec = {});
  // Scheduled, with the clock at its opening.
  std::string OpenWindow(const std::string& order_day, const WindowSpec& spec = {});
  // The clock at cut-off plus grace.
  void CloseWindow(const std::string& window_id);

  partition::Outcome Submit(const std::string& licence, const std::string& window_id,
                            const std::vector<Asked>& lines, absl::Time received_at = absl::InfinitePast());
  partition::Outcome Amend(const std::string& licence, const std::string& order_id,
                           const std::vector<Asked>& lines);
  partition::Outcome Cancel(const std::string& licence, const std::string& order_id);
  partition::Outcome ReportDemand(const std::string& licence, const std::string& window_id,
                                  const std::vector<std::pair<std::string, int64_t>>& lines);
  partition::Outcome Pay(const std::string& order_id, bool ok, const std::string& bank_reference,
                         uint32_t debit_number = 1, std::optional<int64_t> amount_fen = std::nullopt);
  // The events that came of a published run. Offers are of one window and in order of licence.
  std::vector<partition::EventPtr> Publish(const std::string& run_id, const std::string& window_id,
                                           const std::vector<Offer>& offers, bool compensating = false,
                                           size_t budget = 256 << 10);

  const order_intake::Order& OrderOf(const std::string& order_id) const;
  const order_intake::Allowance& AllowanceOf(const std::string& licence, const std::string& month) const;
  // Orders in `state` of one window, in order of licence, each with its lines' requests in full as an offer.
  std::vector<Offer> FullOffers(const std::string& window_id) const;
};

// "620121-..." of an accepted order, "" when it was refused.
std::string OrderIdOf(const partition::Outcome& outcome);
const common::v1::Refusal* Find(const partition::Outcome& outcome, common::v1::Reason reason);
const order_intake::v1::Event& EventOf(const partition::EventPtr& event);
// 2019-08-04T23:59:59 in business time.
absl::Time At(const std::string& day, int hour, int minute, int second = 0);

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_ORDER_INTAKE_COUNTY_H_
