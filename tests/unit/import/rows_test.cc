// Rows of a file become items or faults that name line, column and reason; one fault costs no other row.
#include "services/sanyuanctl/import/rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sanyuan/registry/v1/reference.pb.h"
#include "sanyuan/registry/v1/retailer.pb.h"
#include "services/registry/data/shipped.h"

namespace sanyuan::ctl::import {
namespace {

namespace v1 = registry::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kCounties[] = "county_code,county_zh,county_en\n";

class Rows : public ::testing::Test {
 protected:
  std::vector<Item> Read(const std::string& kind, const std::string& text) {
    return ReadItems(KindNamed(kind), "f.csv", text, report_);
  }
  std::vector<std::string> Faults() const {
    std::vector<std::string> faults;
    for (const Fault& fault : report_.Faults()) {
      faults.push_back(fmt::format("{} {} {}", fault.place.line, fault.field, fault.reason));
    }
    return faults;
  }
  template <typename Message>
  static const Message& MessageOf(const Item& item) {
    return dynamic_cast<const Message&>(*item.message);
  }

  Report report_;
};

TEST_F(Rows, EveryColumnFillsItsFieldInItsOwnForm) {
  const auto items = Read("retailers",
                          "county_code,licence,valid_from,market_type,promised_time,latitude,longitude,"
                          "measured_at,seasonal,receiver_2_name,receiver_1_name,large\n"
                          "620121,620121100001,2018-03-01,rural,09:30,36.7361,-103,"
                          "2019-06-15T10:00:00+08:00,是,b,a,N\n");
  EXPECT_THAT(Faults(), IsEmpty());
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].county, "620121");
  const auto& retailer = MessageOf<v1::Retailer>(items[0]);
  EXPECT_EQ(retailer.licence_record().status(), v1::LICENCE_STATUS_ACTIVE);  // As usual.
  EXPECT_EQ(retailer.profile().market_type(), v1::MARKET_TYPE_RURAL);
  EXPECT_EQ(retailer.profile().promised_minute_of_day(), 570);
  EXPECT_EQ(retailer.profile().position().latitude_e6(), 36'736'100);
  EXPECT_EQ(retailer.profile().position().longitude_e6(), -103'000'000);
  EXPECT_EQ(retailer.profile().position().measured_at().seconds(), 1'560'564'000);
  EXPECT_TRUE(retailer.profile().seasonal());
  EXPECT_TRUE(retailer.profile().expected_to_order());
  ASSERT_EQ(retailer.profile().authorised_receivers_size(), 2);
  EXPECT_EQ(retailer.profile().authorised_receivers(0).name(), "a");
  EXPECT_EQ(retailer.profile().authorised_receivers(1).receiver_id(), "620121100001-2");
}

TEST_F(Rows, ABadCellIsNamedWithEveryOtherBadCellOfItsRow) {
  const auto items =
      Read("retailers",
           "county_code,licence,valid_from,stop_number,market_type,latitude,promised_time,seasonal\n"
           "62012,,2018-03-01,1.5,SUBURBAN,36.1234567,24:00,maybe\n"
           "620121,620121100001,2018-03-01,99999999999,URBAN,36.,9:30,Y\n"
           "620121,620121100002,2018-03-01,1,URBAN,36.1,09:30,Y\n");
  EXPECT_THAT(Faults(), ElementsAre("2 county_code INVALID_FIELD", "2 licence INVALID_FIELD",
                                    "2 market_type INVALID_FIELD", "2 stop_number INVALID_FIELD",
                                    "2 promised_time INVALID_FIELD", "2 latitude INVALID_FIELD",
                                    "2 seasonal INVALID_FIELD", "3 stop_number INVALID_FIELD",
                                    "3 promised_time INVALID_FIELD", "3 latitude INVALID_FIELD"));
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].rows.front().line, 4);
  EXPECT_EQ(report_.Json()["refused_rows"], 2);
}

TEST_F(Rows, BrokenQuotesRaggedRowsAndOtherEncodingsCostTheirRowAlone) {
  const auto items = Read("counties", std::string(kCounties) +
                                          "620121,永登县,Yongdeng\n"
                                          "620122,\"皋兰县,Gaolan\n"
                                          "620123,\xD3\xDC\xD6\xD0,Yuzhong\n"
                                          "620102,城关区\n"
                                          "620103,七里河区,Qilihe,more\n"
                                          "620104,\"西固\n区\",Xigu\n"
                                          "620105,安宁区,Anning\n");
  EXPECT_THAT(Faults(),
              ElementsAre("3  CSV_QUOTING", "4 county_zh CSV_ENCODING", "5  CSV_CELLS", "6  CSV_CELLS"));
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_EQ(MessageOf<v1::County>(items[1]).name_zh(), "西固\n区");
  EXPECT_EQ(items[2].rows.front().line, 9);
  EXPECT_FALSE(report_.unreadable());
  EXPECT_EQ(report_.rows(), 7);
}

TEST_F(Rows, AMissingColumnRefusesEveryRow) {
  EXPECT_THAT(Read("counties", "county_zh\n永登县\n皋兰县\n"), IsEmpty());
  EXPECT_THAT(Faults(), ElementsAre("1 county_code CSV_COLUMN_MISSING", "2 county_code CSV_COLUMN_MISSING",
                                    "3 county_code CSV_COLUMN_MISSING"));
  EXPECT_TRUE(report_.unreadable());
}

TEST_F(Rows, ADoubledColumnCountsWhereItsCellsAgree) {
  const auto items =
      Read("counties", "county_code,county_zh,county_zh\n620121,永登县,永登县\n620122,皋兰县,皋兰\n");
  EXPECT_THAT(Faults(), ElementsAre("3 county_zh CSV_COLUMN_DOUBLED"));
  EXPECT_THAT(items, SizeIs(1));
  EXPECT_FALSE(report_.unreadable());
}

TEST_F(Rows, AnUnknownColumnIsWarnedOf) {
  EXPECT_THAT(Read("counties", "county_code,county_name\n620121,永登县\n"), SizeIs(1));
  EXPECT_THAT(Faults(), IsEmpty());
  ASSERT_THAT(report_.Json()["warnings"], SizeIs(1));
  EXPECT_EQ(report_.Json()["warnings"][0]["field"], "county_name");
}

TEST_F(Rows, AFileWithoutAHeaderIsUnreadable) {
  for (const std::string text : {"", "\n\n", "\xEF\xBB\xBF", "county\"_code,county_zh\n620121,x\n"}) {
    report_ = Report();
    EXPECT_THAT(Read("counties", text), IsEmpty()) << text;
    EXPECT_TRUE(report_.unreadable()) << text;
    EXPECT_THAT(Faults(), SizeIs(1)) << text;
  }
  // UTF-16: no column of it is known.
  report_ = Report();
  EXPECT_THAT(Read("counties", std::string("\xFF\xFE"
                                           "c\0o\0\n\0",
                                           8)),
              IsEmpty());
  EXPECT_TRUE(report_.unreadable());
}

TEST_F(Rows, TheDaysOfAYearAreOneThing) {
  const auto items =
      Read("calendar",
           "date,kind,revision,document\n2020-01-02,OFF,1,d\n2019-02-02,WORKED,1,d\n2019-01-01,OFF,1,d\n");
  EXPECT_THAT(Faults(), IsEmpty());
  ASSERT_THAT(items, SizeIs(2));
  const auto& calendar = MessageOf<v1::Calendar>(items[1]);
  EXPECT_EQ(calendar.year(), 2019);
  EXPECT_THAT(calendar.days_off(), ElementsAre("2019-01-01"));
  EXPECT_THAT(calendar.days_worked(), ElementsAre("2019-02-02"));
  EXPECT_EQ(items[1].rows.size(), 2);
}

TEST_F(Rows, AYearIsNotPublishedWithoutOneOfItsDays) {
  EXPECT_THAT(Read("calendar", "date,kind,revision\n2019-01-01,OFF,1\n2019-02-30,OFF,1\n"), IsEmpty());
  EXPECT_THAT(Faults(), ElementsAre("2  CSV_GROUP_INCOMPLETE", "3 date INVALID_FIELD"));
  report_ = Report();
  EXPECT_THAT(Read("calendar", "date,kind,revision\n2019-01-01,OFF,1\n2019-01-02,OFF,2\n"), IsEmpty());
  EXPECT_THAT(Faults(), ElementsAre("2  CSV_GROUP_INCOMPLETE", "3 revision INVALID_FIELD"));
}

TEST_F(Rows, EveryShippedFileIsReadWithoutAFault) {
  EXPECT_THAT(Read("counties", std::string(registry::ShippedCounties())), SizeIs(87));
  EXPECT_THAT(Read("price-classes", std::string(registry::ShippedPriceClasses())), SizeIs(5));
  EXPECT_THAT(Read("calendar", std::string(registry::ShippedCalendar())), SizeIs(1));
  const auto skus = Read("skus", std::string(registry::ShippedSkus()));
  ASSERT_THAT(skus, SizeIs(58));
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_TRUE(report_.Json()["warnings"].empty());
  const auto& first = MessageOf<v1::Sku>(skus[0]);
  EXPECT_EQ(first.prices(0).wholesale_fen(), 56'520);
  EXPECT_EQ(first.prices(0).guide_carton_fen(), 65'000);
  EXPECT_EQ(first.classes(0).valid_from(), "2019-01-01");
  EXPECT_TRUE(first.synthetic());
}

TEST_F(Rows, ARefusalOfTheServerIsToldByItsColumn) {
  const auto& columns = KindNamed("retailers").columns;
  EXPECT_EQ(ColumnOfPath(columns, "profile.route_id"), "route_id");
  EXPECT_EQ(ColumnOfPath(columns, "profile.authorised_receivers[0]"), "receiver_1_name");
  EXPECT_EQ(ColumnOfPath(columns, "forgotten"), "forgotten");
  EXPECT_EQ(ColumnOfPath(columns, ""), "");
  EXPECT_EQ(ColumnOfPath(KindNamed("routes").columns, "crew_staff_ids[1]"), "crew_staff_ids");
}

}  // namespace
}  // namespace sanyuan::ctl::import
