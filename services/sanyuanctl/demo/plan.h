// What the people of the demo day mean to do, drawn from a seed: the county, its shops and what each wants.
// Integers only, so that a seed means the same day everywhere. Quantities are whole cartons.
// Immutable once made, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAN_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sanyuan::ctl::demo {

inline constexpr char kCounty[] = "620121";  // Yongdeng.
inline constexpr int kRoutes = 25;
inline constexpr int kUrbanRoutes = 5;
inline constexpr int kAccountManagers = 12;
inline constexpr int kCrews = 5;
inline constexpr int kSquads = 3;

// Numbers that follow from a seed and what they are for, whatever else was drawn before.
class Draw {
 public:
  Draw(uint64_t seed, std::string_view what);
  // 0 to n - 1. REQUIRES: n > 0.
  int64_t Below(int64_t n);
  bool Chance(int64_t per_thousand) { return Below(1000) < per_thousand; }

 private:
  uint64_t state_;
};

enum class Scale { kLarge, kMedium, kSmall };

struct Wish {
  size_t sku = 0;  // Place in the catalogue.
  int64_t cartons = 0;
};

// How a retailer behaves on this day.
enum class Habit {
  kOrders,
  kSilent,  // Neither orders nor says why.
  kAmends,  // Asks for less in the evening.
  kCancels,
  kRepeats,      // The app sends the order twice.
  kReusesId,     // A broken app sends another order under the id of the first.
  kOverreaches,  // Asks for far more than the month's pace, then cuts it himself.
};

struct Shop {
  std::string licence, card;
  int number = 0;
  int route = 0;  // From 0.
  int stop = 0;   // On its route, from 1.
  int account_manager = 0;
  Scale scale = Scale::kSmall;
  bool large = false;  // On the large register.
  int grade = 0;
  std::string ration_class;
  int64_t agreed = 0;
  int32_t latitude_e6 = 0, longitude_e6 = 0;
  Habit habit = Habit::kOrders;
  std::vector<Wish> wishes;  // By place in the catalogue.
  bool pays = true;
};

struct Plan {
  uint64_t seed = 0;
  std::vector<Shop> shops;
  // Of all orders that are meant, by place in the catalogue.
  std::vector<int64_t> demand;

  bool Urban(int route) const { return route < kUrbanRoutes; }
};

// 25 to 3,000 retailers: a route of more stops does not fit into a day.
Plan MakePlan(uint64_t seed, int retailers);

std::string RouteId(int route);         // "R01".
std::string CrewMember(int crew);       // "DS01", who carries the device.
std::string AccountManager(int index);  // "AM01".
// Cap of a tight SKU for a ration class.
int64_t CapOf(const std::string& ration_class);
const std::vector<std::string>& RationClasses();

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_PLAN_H_
