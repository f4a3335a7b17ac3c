// What an import came to: counts, and one entry for each thing that stands against a row. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_REPORT_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_REPORT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sanyuan::ctl::import {

// A row of a file: where it begins, from 1; 1 is the header's.
struct RowPlace {
  std::string file;
  int64_t line = 0;

  auto operator<=>(const RowPlace&) const = default;
};

// Reasons of the importer itself; all others are those of the API.
inline constexpr char kQuoting[] = "CSV_QUOTING";
inline constexpr char kEncoding[] = "CSV_ENCODING";
inline constexpr char kRagged[] = "CSV_CELLS";
inline constexpr char kEmptyFile[] = "CSV_EMPTY";
inline constexpr char kColumnMissing[] = "CSV_COLUMN_MISSING";
inline constexpr char kColumnDoubled[] = "CSV_COLUMN_DOUBLED";
inline constexpr char kColumnUnknown[] = "CSV_COLUMN_UNKNOWN";
inline constexpr char kGroupIncomplete[] = "CSV_GROUP_INCOMPLETE";
inline constexpr char kInvalidField[] = "INVALID_FIELD";

struct Fault {
  RowPlace place;
  std::string field;   // The column, where one is to blame.
  std::string reason;  // "ROUTE_UNKNOWN".
  std::string detail;  // What was expected, or found.
};

class Report {
 public:
  void AddRow() { ++rows_; }
  void Refuse(Fault fault);
  // The rest of the file is taken all the same.
  void Warn(Fault fault) { warnings_.push_back(std::move(fault)); }
  void Count(int64_t registered, int64_t unchanged);
  // Of a header that no row can be read by.
  void RefuseHeader(Fault fault);

  int64_t rows() const { return rows_; }
  // The same rows in the same order whatever the batches were.
  std::vector<Fault> Faults() const;
  bool unreadable() const { return unreadable_; }
  bool clean() const { return faults_.empty() && !unreadable_; }
  // Neither registered, nor unchanged, nor refused: the import stopped before them.
  int64_t unsent() const;

  nlohmann::json Json() const;
  std::string Text() const;

 private:
  std::vector<Fault> faults_, warnings_;
  std::set<RowPlace> refused_;
  int64_t rows_ = 0, registered_ = 0, unchanged_ = 0;
  bool unreadable_ = false;
};

}  // namespace sanyuan::ctl::import

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_REPORT_H_
