// CSV as people's spreadsheets write it (RFC 4180), read so that one broken row costs no other, and written.
//
// Fields may be quoted and hold commas, doubled quotes and line breaks; spaces around unquoted fields are dropped;
// lines end in LF, CRLF or CR; a UTF-8 byte order mark is skipped; lines of nothing are no rows. The parser is
// libcsv's; which line a row stands on, and where to go on behind a broken one, is kept here.
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_CSV_CSV_H_
#define SANYUAN_COMMON_CSV_CSV_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sanyuan::csv {

// A row that takes more than this is taken for one whose quote was never closed.
inline constexpr size_t kMaxRowBytes = 16 * 1024;

struct Row {
  int64_t line = 0;  // Where it begins, from 1.
  std::vector<std::string> fields;
  // A quote in the wrong place or never closed: there are no fields, and reading goes on with the next line.
  bool broken = false;
};

// All rows in order, broken ones in their places. Fields are bytes as they stand: see IsText.
std::vector<Row> Parse(std::string_view text);

// True for UTF-8 without NUL: anything else was written in another encoding (GBK, UTF-16).
bool IsText(std::string_view field);

// The fields as one line with its line break, quoted where they need it.
std::string Line(const std::vector<std::string>& fields);

}  // namespace sanyuan::csv

#endif  // SANYUAN_COMMON_CSV_CSV_H_
