// What any store of views must do, as tests against the port in common/view/view_store.h alone. A store is
// put under them by INSTANTIATE_TEST_SUITE_P(Name, ViewConformance, ::testing::Values(store)).
#ifndef SANYUAN_TESTS_ENGINE_VIEW_CONFORMANCE_H_
#define SANYUAN_TESTS_ENGINE_VIEW_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "common/view/view_store.h"

namespace sanyuan::view {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  // Opens the views at this location, again each time; the store before has been destroyed.
  virtual std::unique_ptr<ViewStore> Open() = 0;
};

struct Store {
  // At a new, empty location, which goes with the returned object.
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

class ViewConformance : public ::testing::TestWithParam<Store> {};

}  // namespace sanyuan::view

#endif  // SANYUAN_TESTS_ENGINE_VIEW_CONFORMANCE_H_
