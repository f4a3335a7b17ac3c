// A retailer as rows. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_ROW_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_ROW_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/state/code.h"
#include "sanyuan/registry/v1/retailer.pb.h"

namespace sanyuan::registry {

struct PositionRow {
  int32_t latitude_e6 = 0, longitude_e6 = 0, accuracy_metres = 0, visits = 0;
  Code measured_by;
  absl::Time measured_at = absl::UnixEpoch();

  static void Fields(auto& self, auto&& visit) {
    visit(self.latitude_e6, self.longitude_e6, self.accuracy_metres, self.visits, self.measured_by,
          self.measured_at);
  }
};

struct PickupRow {
  std::string agreement_id;
  int32_t latitude_e6 = 0, longitude_e6 = 0;
  int32_t valid_from = 0, valid_to = 0;  // Day numbers, as all dates here.

  static void Fields(auto& self, auto&& visit) {
    visit(self.agreement_id, self.latitude_e6, self.longitude_e6, self.valid_from, self.valid_to);
  }
};

struct CannotOrderRow {
  v1::CannotOrderReason reason = v1::CANNOT_ORDER_REASON_UNSPECIFIED;
  int32_t until = 0;

  static void Fields(auto& self, auto&& visit) { visit(self.reason, self.until); }
};

struct RetailerRow {
  // Licence.
  v1::LicenceStatus status = v1::LICENCE_STATUS_UNSPECIFIED;
  int32_t valid_from = 0, valid_to = 0;
  std::string company, business_scope;
  // Profile.
  v1::MarketType market_type = v1::MARKET_TYPE_UNSPECIFIED;
  v1::BusinessFormat format = v1::BUSINESS_FORMAT_UNSPECIFIED;
  v1::BusinessCircle circle = v1::BUSINESS_CIRCLE_UNSPECIFIED;
  Code route;
  int32_t stop_number = 0, promised_minute = 0;
  Code am;
  std::optional<PositionRow> position;
  std::string card_id;
  std::vector<std::string> receiver_ids;
  std::optional<PickupRow> pickup;
  bool seasonal = false, expected_to_order = false;
  // Grading.
  int32_t grade = 0;
  Code class_code;
  v1::BusinessScale scale = v1::BUSINESS_SCALE_UNSPECIFIED;
  std::string grading_version;
  // Supervision.
  v1::SupervisionMode supervision_mode = v1::SUPERVISION_MODE_UNSPECIFIED;
  bool large = false;
  std::string supervision_reason;

  std::optional<CannotOrderRow> cannot_order;
  int32_t joined_on = 0;
  bool forgotten = false;

  static void Fields(auto& self, auto&& visit) {
    visit(self.status, self.valid_from, self.valid_to, self.company, self.business_scope, self.market_type,
          self.format, self.circle, self.route, self.stop_number, self.promised_minute, self.am,
          self.position, self.card_id, self.receiver_ids, self.pickup, self.seasonal, self.expected_to_order,
          self.grade, self.class_code, self.scale, self.grading_version, self.supervision_mode, self.large,
          self.supervision_reason, self.cannot_order, self.joined_on, self.forgotten);
  }
};

struct ReceiverPrivateRow {
  std::string name, phone, phone_hash;

  static void Fields(auto& self, auto&& visit) { visit(self.name, self.phone, self.phone_hash); }
};

// Sealed texts and keyed hashes.
struct RetailerPrivateRow {
  std::string licensee, shop_name, address, contact, phone, phone_hash, pin_hash;
  std::vector<ReceiverPrivateRow> receivers;  // As receiver_ids of the other row.

  static void Fields(auto& self, auto&& visit) {
    visit(self.licensee, self.shop_name, self.address, self.contact, self.phone, self.phone_hash,
          self.pin_hash, self.receivers);
  }
};

// REQUIRES: CheckRetailer found nothing (retailer.h).
RetailerRow RetailerRowOf(const v1::Retailer& retailer);
RetailerPrivateRow RetailerPrivateRowOf(const v1::Retailer& retailer);

// The message that the rows stand for; `personal` may be null: what it holds is then left empty. Messages inside
// (licence record, profile, grading, supervision) are always there, so that equal retailers are equal messages.
v1::Retailer RetailerOf(County county, std::string_view licence, const RetailerRow& row,
                        const RetailerPrivateRow* personal);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_RETAILER_ROW_H_
