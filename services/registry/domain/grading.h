// Grades, classes and scales: published by the supply department for many shops at a time and under one version;
// account and marketing managers have no power over them (R52), and nobody edits one shop's rank by hand.
// Pure functions, any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_DOMAIN_GRADING_H_
#define SANYUAN_SERVICES_REGISTRY_DOMAIN_GRADING_H_

#include "services/registry/domain/state.h"

namespace sanyuan::registry {

// Each item is judged alone: LICENCE_UNKNOWN, INVALID_FIELD for a grade outside 1 to 30, a class that is none, a
// scale that is not given. Equal to what stands: unchanged.
Outcome DecideGradeRetailers(const State& state, const v1::GradeRetailersRequest& request,
                             const Stamp& stamp);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_DOMAIN_GRADING_H_
