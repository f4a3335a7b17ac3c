#include "common/csv/csv.h"

#include <csv.h>

#include <algorithm>
#include <memory>
#include <new>

namespace sanyuan::csv {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Up to and with the next line break; "\r\n" is one.
std::string_view LineAt(std::string_view text, size_t from) {
  const size_t end = text.find_first_of("\r\n", from);
  if (end == std::string_view::npos) return text.substr(from);
  const bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
  return text.substr(from, end + (both ? 2 : 1) - from);
}

// One row at a time from a fresh libcsv parser.
class RowParser {
 public:
  RowParser() {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
  }
  RowParser(const RowParser&) = delete;
  RowParser& operator=(const RowParser&) = delete;
  ~RowParser() { csv_free(&parser_); }

  // False when it is no CSV.
  bool Feed(std::string_view line) {
    return csv_parse(&parser_, line.data(), line.size(), &OnField, &OnRow, this) == line.size();
  }
  bool End() { return csv_fini(&parser_, &OnField, &OnRow, this) == 0; }

  bool done() const { return done_; }
  std::vector<std::string>& fields() { return fields_; }

 private:
  static void OnField(void* bytes, size_t size, void* self) {
    static_cast<RowParser*>(self)->fields_.emplace_back(static_cast<const char*>(bytes), size);
  }
  static void OnRow(int /*terminator*/, void* self) { static_cast<RowParser*>(self)->done_ = true; }

  csv_parser parser_{};
  std::vector<std::string> fields_;
  bool done_ = false;
};

bool IsBlank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

std::vector<Row> Parse(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  std::vector<Row> rows;
  int64_t line_number = 1;
  for (size_t at = 0; at < text.size();) {
    const std::string_view first = LineAt(text, at);
    if (IsBlank(first)) {
      at += first.size();
      ++line_number;
      continue;
    }
    Row row;
    row.line = line_number;
    RowParser parser;
    size_t end = at;
    int64_t lines = 0;
    bool sound = true;
    while (sound && !parser.done()) {
      const std::string_view line = LineAt(text, end);
      sound = end - at + line.size() <= kMaxRowBytes && (line.empty() ? parser.End() : parser.Feed(line));
      if (line.empty()) break;
      end += line.size();
      ++lines;
    }
    if (sound) {
      row.fields = std::move(parser.fields());
    } else {
      // The quote that broke it opened in its first line; what follows may be sound rows.
      row.broken = true;
      end = at + first.size();
      lines = 1;
    }
    rows.push_back(std::move(row));
    at = end;
    line_number += lines;
  }
  return rows;
}

bool IsText(std::string_view field) {
  for (size_t i = 0; i < field.size();) {
    const auto lead = static_cast<unsigned char>(field[i]);
    if (lead == 0) return false;
    size_t length = 1;
    uint32_t code = lead;
    if (lead >= 0x80) {
      length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
      if (lead < 0xC2 || lead > 0xF4 || i + length > field.size()) return false;
      code = lead & (0xFFU >> (length + 1));
      for (size_t k = 1; k < length; ++k) {
        const auto next = static_cast<unsigned char>(field[i + k]);
        if ((next & 0xC0) != 0x80) return false;
        code = code << 6 | (next & 0x3F);
      }
      const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
      if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    }
    i += length;
  }
  return true;
}

std::string Line(const std::vector<std::string>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    const std::string& field = fields[i];
    const bool spaced = !field.empty() && (field.front() == ' ' || field.back() == ' ' ||
                                           field.front() == '\t' || field.back() == '\t');
    if (!spaced && field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    std::string quoted(csv_write(nullptr, 0, field.data(), field.size()), '\0');
    csv_write(quoted.data(), quoted.size(), field.data(), field.size());
    line += quoted;
  }
  line += '\n';
  return line;
}

}  // namespace sanyuan::csv
