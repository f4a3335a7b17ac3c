// What queries of the registry read, projected row by row from its two folded states.
//
// Of the reference journal, as messages:
//   county/<code>  unit/<unit>  class/<code>  sku/<code>  calendar/<year>
//   policy/<kind>/<prefix>/<effective from>   v1::PolicyVersion; times sort as text
//   policy-version/<version>                  the same by its name
//
// Of the counties' journals, in the state's own form, personal data apart (<...>-private):
//   unit/<county>/<unit>           staff/<county>/<staff id>        staff-private/<county>/<staff id>
//   route/<county>/<route>         retailer/<county>/<licence>      retailer-private/<county>/<licence>
//   proposal/<county>/<proposal>   proposal-private/<county>/<proposal>
//   retailer-of-route/<county>/<route>/<licence>, retailer-of-am/<county>/<staff id>/<licence>,
//   proposal-of/<county>/<licence>/<proposal>     (empty) indexes
//
// A change does not say what was before, so an index keeps the places that a shop has left: what counts is what
// the shop's own row says. Every row is written whole; projecting a change again changes nothing.
// Thread safety: any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_VIEW_H_
#define SANYUAN_SERVICES_REGISTRY_VIEW_H_

#include <string>
#include <string_view>
#include <vector>

#include "common/view/view_store.h"
#include "sanyuan/registry/v1/policy.pb.h"

namespace sanyuan::registry {

class ReferenceProjection final : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;
};

class RegistryProjection final : public view::Projection {
 public:
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;
};

// Below it are the versions of one kind and prefix, in order of time.
std::string PolicyPrefix(v1::PolicyKind kind, std::string_view county_prefix);
// What follows PolicyPrefix for a version that is effective from this microsecond of the Unix epoch on.
std::string PolicyTimeText(int64_t effective_from_us);

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_VIEW_H_
