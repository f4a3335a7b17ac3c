// A county's allocation, driven as a partition drives it but without a journal: what is decided is serialized,
// parsed again and folded, decision after decision. A second instance can take over at any moment, and everything
// can be replayed into a fresh domain. Together with the few answers that order intake would give.
//
// The clock starts on Monday 29 July 2019, 08:00 in Shanghai; the county is Yongdeng, 620121. After the first
// decision that can't be folded `status()` says so, and nothing more is done.
#ifndef SANYUAN_TESTS_SUPPORT_ALLOCATION_COUNTY_H_
#define SANYUAN_TESTS_SUPPORT_ALLOCATION_COUNTY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sanyuan/order_intake/v1/event.pb.h"
#include "sanyuan/registry/v1/event.pb.h"
#include "services/allocation/domain/allocation_domain.h"
#include "services/allocation/domain/ration.h"
#include "tests/support/imbalances.h"

namespace sanyuan::testing {

inline constexpr char kCounty[] = "620121";
inline constexpr char kWindow[] = "620121-20190805-1";
inline constexpr char kRun[] = "620121-20190805-1-r0";

partition::Actor Retailer(int number);
partition::Actor Staff(const std::string& id, common::v1::Role role);
std::string Licence(int number);  // 620121100001 for 1.
std::string SkuCode(int number);  // 620001 for 1.
absl::Time Shanghai(int year, int month, int day, int hour = 0, int minute = 0);

class AllocationCounty {
 public:
  struct Shop {
    int number = 1;
    registry::v1::BusinessScale scale = registry::v1::BUSINESS_SCALE_MEDIUM;
    int grade = 15;
    std::string ration_class = "M";
    bool large = false;
    bool active = true;
  };
  // Lines of one order: SKU number and cartons.
  using Lines = std::vector<std::pair<int, int64_t>>;
  struct Order {
    int shop = 1;
    Lines lines;
    std::string id = {};
  };
  struct Record {
    partition::Stamp stamp;
    std::vector<std::string> events;
  };

  explicit AllocationCounty(bool has_secrets = true);

  allocation::AllocationDomain& domain() { return *domain_; }
  const allocation::State& state() const { return domain_->state(); }
  const absl::Status& status() const { return status_; }
  const std::vector<Record>& records() const { return records_; }
  absl::Time now() const { return now_; }
  // Events of the last decision, and of all.
  std::vector<allocation::v1::Event> Last() const;
  std::vector<allocation::v1::Event> All() const;

  // Without them nothing can be replayed or taken over, but large counties fit into memory.
  void KeepRecords(bool keep) { keep_records_ = keep; }

  // Moves the clock and fires what is due.
  void Tick(absl::Time now);
  // `method` without the package: "AgreementService/DraftAgreement".
  template <typename Request>
  partition::Outcome Send(const partition::Actor& actor, const std::string& method, Request request) {
    request.set_county_code(kCounty);
    return SendMessage(actor, method, std::make_shared<Request>(std::move(request)));
  }
  void Receive(const std::string& topic, const std::vector<partition::EventPtr>& events,
               std::vector<const std::vector<partition::EventPtr>*> pages = {}, size_t budget = 256 << 10);
  // Takes steps until no work is left, at most `limit`. The number taken.
  int Work(int limit = 1'000'000);
  // Another instance: it knows the journal and nothing else.
  void TakeOver();
  std::unique_ptr<allocation::AllocationDomain> Replayed() const;

  // ---- What the neighbours say.
  void PublishPolicy(const std::function<void(registry::v1::AllocationPolicy&)>& change = {},
                     const std::string& version = "allocation-2019-06",
                     absl::Time from = Shanghai(2019, 6, 1));
  void ListSkus(int count, const std::string& price_class = "3");
  void Register(const std::vector<Shop>& shops);
  void Schedule(const std::string& window = kWindow, int occurrence = 1, int occurrences = 4,
                absl::Time opens_at = Shanghai(2019, 8, 3, 12));
  // Opens it with the versions published so far.
  void Open(const std::string& window = kWindow, bool floating = true, int occurrence = 1,
            int occurrences = 4);
  // Closes it with these orders, `per_page` retailers a page. Fills in the ids of orders that have none.
  void Close(std::vector<Order>& orders, const std::string& window = kWindow, size_t per_page = 1'000);
  // Order intake's answer to every offer of a run: all taken.
  void TakeAll(const std::string& run = kRun);
  void Return(const std::string& run, const Order& order, uint32_t line, int64_t offered,
              int64_t still_can_take);
  void Void(const Order& order, const std::map<uint32_t, int64_t>& freed,
            const std::string& window = kWindow);

  // ---- Whole steps, by the right people.
  // Agreed, accepted and approved for the month, 100 cartons unless said otherwise. The agreement's id.
  std::string Agree(int shop, const std::string& month = "2019-08", int64_t total = 100, int term = 6);
  allocation::v1::EvidencePack Evidence() const;
  // Confirms and releases so many cartons of a SKU to a window; the reserve comes on top.
  void Supply(const std::map<int, int64_t>& cartons, const std::string& window = kWindow);
  void PublishTight(const std::vector<int>& skus);
  void PublishCaps(const std::map<int, int64_t>& caps, const std::string& ration_class = "M");
  // Everything up to a published allocation of the window under the floating policy.
  void Allocate(std::vector<Order>& orders, const std::map<int, int64_t>& supply, size_t per_page = 1'000);

  // What a line was offered in a run; -1 when the run has no such line.
  int64_t Offered(const Order& order, uint32_t line, const std::string& run = kRun) const;
  std::vector<std::string> Imbalances() const { return testing::Imbalances(state()); }

 private:
  partition::Outcome SendMessage(const partition::Actor& actor, const std::string& method,
                                 std::shared_ptr<const google::protobuf::Message> request);
  void Fold(const std::vector<partition::EventPtr>& events, const partition::Stamp& stamp);
  static absl::Status FoldInto(allocation::AllocationDomain& domain, const Record& record, uint64_t height);
  partition::Stamp StampNow() const;

  allocation::SecretSource secrets_;
  std::unique_ptr<allocation::AllocationDomain> domain_;
  absl::Status status_;
  std::vector<Record> records_;
  absl::Time now_ = Shanghai(2019, 7, 29, 8);
  uint64_t requests_ = 0;
  uint64_t height_ = 0;
  bool keep_records_ = true;
};

}  // namespace sanyuan::testing

#endif  // SANYUAN_TESTS_SUPPORT_ALLOCATION_COUNTY_H_
