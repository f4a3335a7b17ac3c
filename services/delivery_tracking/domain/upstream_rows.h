// Rows of what was copied from the registry: shops, staff, routes, policies, calendars.
// Plain values, any thread.
#ifndef SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_ROWS_H_
#define SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_ROWS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/geo/geometry.h"
#include "common/state/code.h"
#include "services/delivery_tracking/domain/business_time.h"

namespace sanyuan::delivery_tracking {

struct RetailerKey {
  County county = 0;
  Code licence;

  auto operator<=>(const RetailerKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.licence); }
};

struct MeasuredPoint {
  GeoPoint point;
  int32_t accuracy_m = 0;
  int32_t visits = 0;

  bool operator==(const MeasuredPoint&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.point, self.accuracy_m, self.visits); }
};

struct PickupPoint {
  std::string agreement_id;
  GeoPoint point;
  Date valid_from = 0;
  Date valid_to = 0;  // 0: no end.

  bool operator==(const PickupPoint&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.agreement_id, self.point, self.valid_from, self.valid_to);
  }
};

struct Retailer {
  bool active = false;
  Code route;
  int32_t stop_number = 0;
  int32_t promised_minute = 0;
  std::optional<MeasuredPoint> position;
  std::string card_id;
  std::string pin_hash;
  std::string phone_hash;
  std::vector<std::string> authorised_phone_hashes;
  std::optional<PickupPoint> pickup;

  bool operator==(const Retailer&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.route, self.stop_number, self.promised_minute, self.position, self.card_id,
          self.pin_hash, self.phone_hash, self.authorised_phone_hashes, self.pickup);
  }
};

// The shops of a route in the order of its round.
struct MemberKey {
  County county = 0;
  Code route;
  int32_t stop_number = 0;
  Code licence;

  auto operator<=>(const MemberKey&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.county, self.route, self.stop_number, self.licence);
  }
};

struct StaffKey {
  County county = 0;
  Code staff;

  auto operator<=>(const StaffKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.staff); }
};
struct Staff {
  bool active = false;
  bool delivers = false;
  std::string phone_hash;
  std::vector<std::string> device_keys;
  std::vector<Code> relatives;

  bool operator==(const Staff&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.delivers, self.phone_hash, self.device_keys, self.relatives);
  }
};
struct StaffPhoneKey {
  County county = 0;
  std::string phone_hash;
  Code staff;

  auto operator<=>(const StaffPhoneKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.phone_hash, self.staff); }
};
struct DeviceKey {
  County county = 0;
  std::string device_key;
  Code staff;

  auto operator<=>(const DeviceKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.device_key, self.staff); }
};

struct RouteKey {
  County county = 0;
  Code route;

  auto operator<=>(const RouteKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county, self.route); }
};
struct Route {
  bool active = false;
  bool urban = false;
  int32_t departure_minute = 0;
  std::vector<Code> crew;

  bool operator==(const Route&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.active, self.urban, self.departure_minute, self.crew);
  }
};

// The numbers of a delivery policy; units in the names, minutes count from midnight in Asia/Shanghai.
struct Rules {
  int32_t urban_window_minutes = 0;
  int32_t rural_window_minutes = 0;
  int32_t geofence_m = 0;
  int32_t position_accuracy_m = 0;
  int32_t position_visits = 0;
  int32_t missed_minute = 0;
  int32_t notice_minute = 0;
  int32_t reconcile_minute = 0;
  int32_t redelivery_working_days = 0;
  int32_t redelivery_attempts = 0;
  int32_t minimum_proofs = 0;
  int32_t receipts_apart_seconds = 0;
  int32_t receipts_apart_m = 0;
  int32_t shared_proof_licences = 0;
  int32_t shared_proof_days = 0;
  int32_t dispute_hours = 0;
  int32_t device_queue_days = 0;
  int32_t clock_tolerance_seconds = 0;
  int32_t upload_max_events = 0;
  int32_t urban_minutes_per_stop = 0;
  int32_t rural_minutes_per_stop = 0;

  bool operator==(const Rules&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.urban_window_minutes, self.rural_window_minutes, self.geofence_m, self.position_accuracy_m,
          self.position_visits, self.missed_minute, self.notice_minute, self.reconcile_minute,
          self.redelivery_working_days, self.redelivery_attempts, self.minimum_proofs,
          self.receipts_apart_seconds, self.receipts_apart_m, self.shared_proof_licences,
          self.shared_proof_days, self.dispute_hours, self.device_queue_days, self.clock_tolerance_seconds,
          self.upload_max_events, self.urban_minutes_per_stop, self.rural_minutes_per_stop);
  }
};
struct PolicyKey {
  std::string version;

  auto operator<=>(const PolicyKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.version); }
};
struct Policy {
  std::string county_prefix;
  absl::Time effective_from;
  Rules rules;

  bool operator==(const Policy&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.county_prefix, self.effective_from, self.rules); }
};

struct YearKey {
  int32_t year = 0;

  auto operator<=>(const YearKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.year); }
};
struct CalendarYear {
  int32_t revision = 0;
  std::set<Date> days_off;
  std::set<Date> days_worked;

  static void Fields(auto& self, auto&& visit) { visit(self.revision, self.days_off, self.days_worked); }
};

}  // namespace sanyuan::delivery_tracking

#endif  // SANYUAN_SERVICES_DELIVERY_TRACKING_DOMAIN_UPSTREAM_ROWS_H_
