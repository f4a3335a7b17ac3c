// A broken row costs no other row, and every row knows its line.
#include "common/csv/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sanyuan::csv {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Lines(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows) {
    std::string line = std::to_string(row.line) + (row.broken ? "!" : ":");
    for (const std::string& field : row.fields) line += "[" + field + "]";
    lines.push_back(line);
  }
  return lines;
}

TEST(Csv, FieldsMayBeQuotedAndHoldCommasQuotesAndLineBreaks) {
  EXPECT_THAT(Lines(Parse("a,\"b,c\",\"d \"\"e\"\"\"\n\"f\r\ng\",h,\ni\n")),
              ElementsAre("1:[a][b,c][d \"e\"]", "2:[f\r\ng][h][]", "4:[i]"));
}

TEST(Csv, LinesEndInAnyWayAndTheLastOneNeedsNoEnd) {
  EXPECT_THAT(Lines(Parse("a,b\r\nc,d\re,f\n\n  \ng,h")),
              ElementsAre("1:[a][b]", "2:[c][d]", "3:[e][f]", "6:[g][h]"));
}

TEST(Csv, AByteOrderMarkIsNoPartOfTheFirstField) {
  EXPECT_THAT(Lines(Parse("\xEF\xBB\xBF"
                          "code,name\n")),
              ElementsAre("1:[code][name]"));
}

TEST(Csv, AQuoteInTheWrongPlaceBreaksItsRowAlone) {
  EXPECT_THAT(Lines(Parse("a,b\nc\"d,e\nf,\"g\"h\ni,j\n")), ElementsAre("1:[a][b]", "2!", "3!", "4:[i][j]"));
}

TEST(Csv, AQuoteThatIsNeverClosedBreaksItsRowAlone) {
  EXPECT_THAT(Lines(Parse("a,b\nc,\"d\ne,f\ng,h\n")), ElementsAre("1:[a][b]", "2!", "3:[e][f]", "4:[g][h]"));
  EXPECT_THAT(Lines(Parse("a,b\nc,\"d\ne,\"f\",g\nh,i\n")),
              ElementsAre("1:[a][b]", "2!", "3:[e][f][g]", "4:[h][i]"));
}

TEST(Csv, ManyQuotesThatAreNeverClosedAreFoundInBoundedTime) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "a,\"b\n";
  text += "c,d\n";
  const std::vector<Row> rows = Parse(text);
  ASSERT_FALSE(rows.empty());
  EXPECT_FALSE(rows.back().broken);
  EXPECT_EQ(rows.back().line, 20'001);
}

TEST(Csv, NothingHasNoRows) {
  EXPECT_THAT(Parse(""), IsEmpty());
  EXPECT_THAT(Parse("\xEF\xBB\xBF"), IsEmpty());
  EXPECT_THAT(Parse("\r\n \n"), IsEmpty());
}

TEST(Csv, OtherEncodingsAreTold) {
  EXPECT_TRUE(IsText("永登县"));
  EXPECT_TRUE(IsText(""));
  EXPECT_FALSE(IsText("\xD3\xC0\xB5\xC7"));             // 永登 in GBK.
  EXPECT_FALSE(IsText(std::string_view("a\0b\0", 4)));  // UTF-16.
  EXPECT_FALSE(IsText("\xC0\x80"));                     // Overlong.
  EXPECT_FALSE(IsText("\xED\xA0\x80"));                 // Half of a surrogate pair.
  EXPECT_FALSE(IsText("\xE6\xB0"));                     // Cut off.
  EXPECT_FALSE(IsText("\xF4\x90\x80\x80"));             // Beyond the last code.
}

TEST(Csv, WhatIsWrittenIsReadBack) {
  const std::vector<std::string> fields = {"a", "", "b,c", "d \"e\"", "f\ng", " h ", "永登"};
  const std::vector<Row> rows = Parse(Line(fields) + Line({"x"}));
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].fields, fields);
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(Line({"a", "b c", "1"}), "a,b c,1\n");
}

}  // namespace
}  // namespace sanyuan::csv
