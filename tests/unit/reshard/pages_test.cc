// Heights of pages in events that are copied.
#include "common/reshard/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sanyuan/allocation/v1/event.pb.h"
#include "sanyuan/order_intake/v1/event.pb.h"

namespace sanyuan::reshard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

allocation::v1::AllocationPublished Published(const std::vector<uint64_t>& heights) {
  allocation::v1::AllocationPublished event;
  event.set_run_id("620121-20190805-1-0");
  for (const uint64_t height : heights) event.add_page_heights(height);
  return event;
}

TEST(Pages, ArePutAtTheirNewHeights) {
  PageMap map;
  map.Note(3, 10, 5, 100);
  map.Note(3, 12, 5, 101);
  map.Note(4, 10, 5, 102);  // Another journal's.
  auto event = Published({10, 12});
  ASSERT_TRUE(map.Map(3, 5, event).ok());
  EXPECT_THAT(PageHeights(event), ElementsAre(100, 101));
  event = Published({10});
  ASSERT_TRUE(map.Map(4, 5, event).ok());
  EXPECT_THAT(PageHeights(event), ElementsAre(102));
}

TEST(Pages, ThatWentElsewhereOrNowhereAreNotNamed) {
  PageMap map;
  map.Note(3, 10, 5, 100);
  auto unknown = Published({10, 11});
  EXPECT_THAT(std::string(map.Map(3, 5, unknown).message()), HasSubstr("height 11"));
  auto elsewhere = Published({10});
  EXPECT_EQ(map.Map(3, 6, elsewhere).code(), absl::StatusCode::kDataLoss);
}

TEST(Pages, OfBothContextsAreFound) {
  order_intake::v1::OrderWindowClosed closed;
  closed.set_window_id("620121-20190805-1");
  closed.add_page_heights(4);
  EXPECT_THAT(PageHeights(closed), ElementsAre(4));
  order_intake::v1::WindowLockedPage locked;
  locked.set_window_id("620121-20190805-1");
  EXPECT_TRUE(IsPage(locked));
  EXPECT_EQ(RunOrWindowOf(locked), RunOrWindowOf(closed));
  allocation::v1::AllocationPage page;
  page.set_run_id("620121-20190805-1-0");
  EXPECT_TRUE(IsPage(page));
  EXPECT_EQ(RunOrWindowOf(page), RunOrWindowOf(Published({})));
}

TEST(Pages, OtherEventsAreLeftAsTheyAre) {
  PageMap map;
  order_intake::v1::OrderSubmitted event;
  EXPECT_FALSE(IsPage(event));
  EXPECT_THAT(PageHeights(event), IsEmpty());
  EXPECT_TRUE(map.Map(0, 0, event).ok());
}

}  // namespace
}  // namespace sanyuan::reshard
