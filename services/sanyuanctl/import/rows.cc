#include "services/sanyuanctl/import/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "common/csv/csv.h"
#include "common/state/code.h"

namespace sanyuan::ctl::import {
namespace {

// Which cells of a row belong to which column of the kind.
class Header {
 public:
  Header(const Kind& kind, const RowPlace& place, const csv::Row& row, Report& report)
      : width_(row.fields.size()), cells_(kind.columns.size()) {
    for (size_t i = 0; i < row.fields.size(); ++i) {
      const std::string& name = row.fields[i];
      const auto column = std::find_if(kind.columns.begin(), kind.columns.end(),
                                       [&](const Column& one) { return one.name == name; });
      if (column == kind.columns.end()) {
        report.Warn({place, csv::IsText(name) ? name : fmt::format("column {}", i + 1), kColumnUnknown, ""});
      } else {
        cells_[static_cast<size_t>(column - kind.columns.begin())].push_back(i);
      }
    }
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].empty() && kind.columns[i].required) missing_.push_back(kind.columns[i].name);
    }
  }

  size_t width() const { return width_; }
  const std::vector<std::string>& missing() const { return missing_; }
  // Empty where the file has no such column; more than one where it has it twice.
  const std::vector<size_t>& CellsOf(size_t column) const { return cells_[column]; }

 private:
  size_t width_;
  std::vector<std::vector<size_t>> cells_;
  std::vector<std::string> missing_;
};

class Reader {
 public:
  Reader(const Kind& kind, const Header& header, Report& report)
      : kind_(kind), header_(header), report_(report) {}

  std::optional<Item> Read(const RowPlace& place, const csv::Row& row) {
    place_ = &place;
    sound_ = true;
    if (row.broken) {
      Refuse("", kQuoting, "");
    } else if (row.fields.size() != header_.width()) {
      Refuse("", kRagged, fmt::format("{} instead of {}", row.fields.size(), header_.width()));
    }
    if (!sound_) return std::nullopt;
    Item item;
    item.rows.push_back(place);
    item.message.reset(kind_.item->New());
    for (size_t i = 0; i < kind_.columns.size(); ++i) ReadCell(i, row, item);
    if (sound_ && kind_.finish != nullptr) {
      if (const std::string column = kind_.finish(*item.message); !column.empty()) {
        Refuse(column, kInvalidField, "");
      }
    }
    if (!sound_) return std::nullopt;
    return item;
  }

 private:
  void Refuse(const std::string& field, const std::string& reason, const std::string& detail) {
    report_.Refuse({*place_, field, reason, detail});
    sound_ = false;
  }

  void ReadCell(size_t index, const csv::Row& row, Item& item) {
    const Column& column = kind_.columns[index];
    if (column.form == Form::kNote) return;
    std::string cell;
    const std::vector<size_t>& places = header_.CellsOf(index);
    if (!places.empty()) cell = row.fields[places.front()];
    for (const size_t place : places) {
      if (row.fields[place] != cell) return Refuse(column.name, kColumnDoubled, "");
    }
    if (!csv::IsText(cell)) return Refuse(column.name, kEncoding, "");
    if (cell.empty()) cell = column.usual;
    if (cell.empty()) {
      if (column.required) Refuse(column.name, kInvalidField, "empty");
      return;
    }
    if (column.form == Form::kCounty) {
      if (cell.size() != 6 || !CountyOfId(cell)) return Refuse(column.name, kInvalidField, "six digits");
      item.county = cell;
      return;
    }
    if (const std::string expected = SetField(column, cell, *item.message); !expected.empty()) {
      Refuse(column.name, kInvalidField, expected);
    }
  }

  const Kind& kind_;
  const Header& header_;
  Report& report_;
  const RowPlace* place_ = nullptr;
  bool sound_ = true;
};

// Rows of one thing become one item, and none where a row of it was refused: half a thing says something else.
// A row that can't be read may be of any of them.
std::vector<Item> Group(const Kind& kind, std::vector<Item> rows, bool all_read, Report& report) {
  std::vector<Item> things;
  std::map<std::string, size_t> known;
  std::set<size_t> spoilt;
  for (Item& row : rows) {
    const auto [at, is_new] = known.emplace(kind.group_of(*row.message), things.size());
    if (is_new) {
      things.push_back(std::move(row));
      continue;
    }
    Item& thing = things[at->second];
    const std::string column = kind.absorb(*thing.message, *row.message);
    if (!column.empty()) {
      report.Refuse({row.rows.front(), column, kInvalidField, "not as in the rows before"});
      spoilt.insert(at->second);
    } else {
      thing.rows.push_back(row.rows.front());
    }
  }
  std::vector<Item> whole;
  for (size_t i = 0; i < things.size(); ++i) {
    if (all_read && !spoilt.contains(i)) {
      whole.push_back(std::move(things[i]));
      continue;
    }
    for (const RowPlace& place : things[i].rows) report.Refuse({place, "", kGroupIncomplete, ""});
  }
  return whole;
}

}  // namespace

std::vector<Item> ReadItems(const Kind& kind, const std::string& file, std::string_view text,
                            Report& report) {
  const std::vector<csv::Row> rows = csv::Parse(text);
  const RowPlace top{file, rows.empty() ? 1 : rows.front().line};
  if (rows.empty() || rows.front().broken) {
    report.RefuseHeader({top, "", rows.empty() ? kEmptyFile : kQuoting, ""});
    return {};
  }
  const Header header(kind, top, rows.front(), report);
  for (const std::string& column : header.missing()) report.RefuseHeader({top, column, kColumnMissing, ""});
  std::vector<Item> items;
  Reader reader(kind, header, report);
  bool all_read = true;
  for (size_t i = 1; i < rows.size(); ++i) {
    const RowPlace place{file, rows[i].line};
    report.AddRow();
    if (!header.missing().empty()) {
      report.Refuse({place, header.missing().front(), kColumnMissing, ""});
    } else if (std::optional<Item> item = reader.Read(place, rows[i])) {
      items.push_back(*std::move(item));
    } else {
      all_read = false;
    }
  }
  if (kind.group_of != nullptr) return Group(kind, std::move(items), all_read, report);
  return items;
}

}  // namespace sanyuan::ctl::import
