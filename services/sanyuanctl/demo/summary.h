// What the day came to, asked of the server after it: the equations, the indicators, one line explained.
// Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_SUMMARY_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_SUMMARY_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/demo/clue_days.h"
#include "services/sanyuanctl/demo/delivery_days.h"
#include "services/sanyuanctl/demo/inspection_days.h"
#include "services/sanyuanctl/demo/order_cycle.h"
#include "services/sanyuanctl/demo/plan.h"
#include "services/sanyuanctl/demo/ticket_days.h"
#include "services/sanyuanctl/demo/watched_feed.h"

namespace sanyuan::ctl::demo {

// Cartons of August: confirmed = allocated + reserve + unallocated.
struct SupplyFigures {
  int64_t confirmed = 0, allocated = 0, reserve = 0, unallocated = 0;
  bool Balanced() const { return confirmed == allocated + reserve + unallocated; }
};

// How the tight SKUs were spread. Basis points.
struct SpreadFigures {
  int64_t coverage_bp = 0;  // Retailers who got a tight carton, of those who asked for one (I-32).
  int64_t gini_bp = 0;      // The largest Gini coefficient of any ration class (I-33).
};

struct Explained {
  std::string zh, en;
};

struct Summary {
  std::string digest;  // SHA-256 of the digest text, hexadecimal.
  bool journal_ok = false;
  std::string engine;      // What keeps the journals: "embedded".
  uint64_t records = 0;    // Accepted in all journals, without their first.
  uint64_t decisions = 0;  // Of them, without take-overs and releases.
  int64_t requested = 0, offered = 0;
  std::vector<allocation::v1::ClassFill> fill;
  SupplyFigures supply;
  SpreadFigures spread;
  Explained line;
  OrderFigures orders;
  DeliveryFigures deliveries;
  InspectionFigures inspections;
  TicketFigures tickets;
  ClueFigures clues;
  FeedFigures feed;
  int64_t acknowledged = 0;
  bool acknowledged_in_journal = false;
  double seconds = 0;

  bool Balanced() const;
};

// Fills in everything but seconds and what the days counted themselves.
void Ask(Client& client, const Plan& plan, Summary& summary);
std::string PageOf(const Summary& summary);
nlohmann::json JsonOf(const Summary& summary);

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_SUMMARY_H_
