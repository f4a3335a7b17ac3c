// The sales of Iowa as orders: what the files of the data set become, and what is said of a file that is not as
// described. The sample is made up, in the format of the data set and with its quirks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "services/sanyuanctl/iowa/sales.h"
#include "tests/engine/scratch_directory.h"

namespace sanyuan::ctl::iowa {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string SampleText(const std::string& name) {
  std::ifstream file(std::filesystem::path(SANYUAN_SAMPLE_FOLDER) / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A copy of the sample; the sales compressed as they come.
class IowaSales : public ::testing::Test {
 protected:
  IowaSales() {
    for (const char* name : {"stores.csv", "products.csv", "store_county_derived.csv"})
      Put(name, SampleText(name));
    PutSales(SampleText("sales_2022_h1.csv"));
  }

  std::string Path(const std::string& name) const { return folder_.path() + "/" + name; }

  void Put(const std::string& name, const std::string& text) { std::ofstream(Path(name)) << text; }

  void PutSales(const std::string& text) {
    gzFile file = gzopen(Path("sales_2022_h1.csv.gz").c_str(), "wb");
    ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
    ASSERT_EQ(gzclose(file), Z_OK);
  }

  // A line of the sample changed.
  void ChangeSales(const std::string& from, const std::string& to) {
    std::string text = SampleText("sales_2022_h1.csv");
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    PutSales(text.replace(at, from.size(), to));
  }

  absl::StatusOr<Sales> Read() const { return ReadSales(folder_.path()); }
  std::string Error() const { return std::string(Read().status().message()); }

  ScratchDirectory folder_;
};

const Invoice& InvoiceOf(const Sales& sales, const char* day, size_t place) {
  return sales.days.at(*ParseDate(day)).at(place);
}

TEST_F(IowaSales, AnInvoiceIsAllOfTheLineNumberButItsLastFiveDigits) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  const Invoice& invoice = InvoiceOf(*sales, "2022-01-02", 0);
  EXPECT_EQ(invoice.number, "INV-700001");
  EXPECT_EQ(invoice.lines.size(), 3u);
  EXPECT_EQ(invoice.Bottles(), 24);
}

TEST_F(IowaSales, AnItemNamedTwiceInAnInvoiceStaysTwoLines) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  const Invoice& invoice = InvoiceOf(*sales, "2022-01-02", 0);
  EXPECT_EQ(invoice.lines[0].item, invoice.lines[2].item);
  EXPECT_EQ(invoice.lines[0].bottles, 5);
  EXPECT_EQ(invoice.lines[2].bottles, 7);
}

TEST_F(IowaSales, SeveralInvoicesOfAStoreOnOneDayAreSeveralOrders) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  EXPECT_EQ(InvoiceOf(*sales, "2022-01-02", 0).store, InvoiceOf(*sales, "2022-01-02", 1).store);
  EXPECT_EQ(sales->days.at(*ParseDate("2022-01-02")).size(), 5u);
  EXPECT_EQ(sales->days.size(), 3u);
}

TEST_F(IowaSales, ACountyIs990000AndTheLastThreeDigitsOfItsFipsCode) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  std::vector<std::string> codes;
  for (const County& county : sales->counties) codes.push_back(county.code);
  EXPECT_THAT(codes, ElementsAre("990001", "990197"));
  EXPECT_EQ(sales->stores[InvoiceOf(*sales, "2022-01-02", 3).store].licence, "9901979003");
}

TEST_F(IowaSales, AStoreWithoutACountyIsKeptWithoutALicence) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  const Store& store = sales->stores[InvoiceOf(*sales, "2022-01-02", 4).store];
  EXPECT_EQ(store.number, "9004");
  EXPECT_EQ(store.county, "");
  EXPECT_EQ(store.licence, "");
}

TEST_F(IowaSales, StoreStatusAndListDatesOfLaterAreNotUsed) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  // Store 9002 is inactive and item 101 is listed from 2023, in files that are later than the sales.
  EXPECT_EQ(sales->stores[InvoiceOf(*sales, "2022-01-02", 2).store].number, "9002");
  EXPECT_EQ(InvoiceOf(*sales, "2022-01-02", 2).Bottles(), 13200);
  EXPECT_EQ(sales->items[0].sku, "101");
  EXPECT_EQ(sales->items[0].name, "RIVER GIN, DRY");
}

TEST_F(IowaSales, APriceIsThatOfABottleAndChangesFromTheDayOn) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  const std::vector<Price>& prices = sales->items[0].prices;
  ASSERT_EQ(prices.size(), 2u);
  EXPECT_EQ(prices[0].fen, 900);
  EXPECT_EQ(DateText(prices[1].from), "2022-01-03");
  EXPECT_EQ(prices[1].fen, 910);
}

TEST_F(IowaSales, CategoriesOfWhatWasSoldAreNumberedByName) {
  const auto sales = Read();
  ASSERT_TRUE(sales.ok()) << sales.status();
  std::vector<std::string> names;
  for (const Category& category : sales->categories) names.push_back(category.code + " " + category.name);
  EXPECT_THAT(names, ElementsAre("C01 GIN", "C02 RUM", "C03 VODKA"));
  EXPECT_EQ(sales->items[0].category, "C01");
  EXPECT_EQ(sales->items.size(), 4u);
}

TEST_F(IowaSales, SalesThatAreNotCompressedAreReadToo) {
  Put("sales_2022_h1.csv.gz", SampleText("sales_2022_h1.csv"));
  EXPECT_TRUE(Read().ok());
}

TEST_F(IowaSales, AFileThatIsNotThereIsNamed) {
  std::filesystem::remove(Path("stores.csv"));
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
  EXPECT_THAT(Error(), HasSubstr("stores.csv"));
}

TEST_F(IowaSales, ACompressedFileThatEndsTooEarlyIsRefused) {
  const std::string path = Path("sales_2022_h1.csv.gz");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 10);
  EXPECT_THAT(Error(), HasSubstr("can't be read to its end"));
}

TEST_F(IowaSales, WhatIsWrongIsNamedWithFileRowAndColumn) {
  ChangeSales("9001,20002,12,", "9001,20002,0,");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 3: Bottles Sold: '0'");
  ChangeSales(",72.00", ",72.001");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 3: Sale (Dollars): '72.001'");
  ChangeSales("2022-01-03,9005", "2022-02-30,9005");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 12: Date: '2022-02-30'");
  ChangeSales("9005,40004", "9005,99999");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 12: Item Number: '99999'");
  ChangeSales("INV-70000700001", "1");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 12: Invoice/Item Number: '1'");
}

TEST_F(IowaSales, AnInvoiceOfTwoStoresOrTwoDaysIsRefused) {
  ChangeSales("INV-70000100003,2022-01-02,9001", "INV-70000100003,2022-01-02,9002");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 4: Store Number: '9002'");
  ChangeSales("INV-70000100003,2022-01-02", "INV-70000100003,2022-01-03");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 4: Date: '2022-01-03'");
}

TEST_F(IowaSales, AMissingOrDoubledColumnIsNamed) {
  ChangeSales("Bottles Sold", "Bottles");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 1: no column 'Bottles Sold'");
  ChangeSales("Store Number", "Date");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 1: two columns 'Date'");
}

TEST_F(IowaSales, ARowOfAnotherLengthAndBrokenQuotesAreRefused) {
  ChangeSales("9001,20002,12,72.00", "9001,20002,12");
  EXPECT_EQ(Error(), "sales_2022_h1.csv.gz: row 3: 5 fields instead of 6");
  ChangeSales("9001,20002,12,72.00", "9001,2\"0002,12,72.00");
  EXPECT_THAT(Error(), HasSubstr("sales_2022_h1.csv.gz: row 3: "));
}

}  // namespace
}  // namespace sanyuan::ctl::iowa
