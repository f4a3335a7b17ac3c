#include "services/registry/domain/grading.h"

#include "services/registry/domain/retailer.h"

namespace sanyuan::registry {

Outcome DecideGradeRetailers(const State& state, const v1::GradeRetailersRequest& request,
                             const Stamp& stamp) {
  if (IsRecordedAttempt(stamp)) return Forbidden(stamp, request.county_code(), "");
  Outcome outcome;
  CheckBatchSize(request.retailers_size(), "retailers", outcome.refusals);
  const std::optional<County> county = CheckCountyCode(state, request.county_code(), outcome.refusals);
  if (request.version().empty()) Refuse(outcome.refusals, common::v1::REASON_INVALID_FIELD, "version");
  if (outcome.refused()) return outcome;
  auto response = std::make_unique<v1::GradeRetailersResponse>();
  ChangeEach(state, *county, request.retailers(), *response->mutable_result(), outcome,
             [&](const v1::GradedRetailer& item, const std::string& path, v1::Retailer& retailer,
                 Refusals& refusals) {
               v1::Grading& grading = *retailer.mutable_grading();
               grading.set_grade(item.grade());
               grading.set_class_code(item.class_code());
               grading.set_scale(item.scale());
               grading.set_version(request.version());
               CheckGrading(grading, path, refusals);
               if (item.grade() == 0) CheckRange(0, 1, 30, path + ".grade", refusals);
               if (item.scale() == v1::BUSINESS_SCALE_UNSPECIFIED) {
                 Refuse(refusals, common::v1::REASON_INVALID_FIELD, path + ".scale");
               }
             });
  outcome.response = std::move(response);
  return Sized(std::move(outcome), "retailers");
}

}  // namespace sanyuan::registry
