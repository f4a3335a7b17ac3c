#include "services/sanyuanctl/iowa/csv_file.h"

#include <csv.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace sanyuan::ctl::iowa {
namespace {

constexpr size_t kChunk = 256 << 10;

class Rows {
 public:
  Rows(const std::vector<std::string>& columns, const std::function<absl::Status(const CsvRow&)>& row)
      : columns_(columns), row_(row) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
  }
  ~Rows() { csv_free(&parser_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  absl::Status Add(const char* bytes, size_t count) {
    if (csv_parse(&parser_, bytes, count, OnField, OnRow, this) != count && status_.ok()) Broken();
    return status_;
  }
  absl::Status End() {
    if (csv_fini(&parser_, OnField, OnRow, this) != 0 && status_.ok()) Broken();
    if (status_.ok() && number_ == 0) status_ = absl::InvalidArgumentError("it has no heading");
    return status_;
  }
  // Of the row that the status is about.
  int64_t number() const { return number_; }

 private:
  static void OnField(void* text, size_t length, void* self) {
    auto& rows = *static_cast<Rows*>(self);
    rows.text_.append(static_cast<const char*>(text), length);
    rows.ends_.push_back(rows.text_.size());
  }
  static void OnRow(int /*terminator*/, void* self) { static_cast<Rows*>(self)->EndRow(); }

  void Broken() {
    ++number_;
    status_ = absl::InvalidArgumentError(csv_strerror(csv_error(&parser_)));
  }

  void EndRow() {
    if (!status_.ok()) return;
    fields_.clear();
    size_t begin = 0;
    for (const size_t end : ends_) {
      fields_.push_back(std::string_view(text_).substr(begin, end - begin));
      begin = end;
    }
    ++number_;
    status_ = number_ == 1 ? FindColumns() : GiveRow();
    text_.clear();
    ends_.clear();
  }

  absl::Status FindColumns() {
    width_ = fields_.size();
    for (const std::string& column : columns_) {
      const auto at = std::find(fields_.begin(), fields_.end(), column);
      if (at == fields_.end()) return absl::InvalidArgumentError(fmt::format("no column '{}'", column));
      if (std::find(at + 1, fields_.end(), column) != fields_.end()) {
        return absl::InvalidArgumentError(fmt::format("two columns '{}'", column));
      }
      places_.push_back(static_cast<size_t>(at - fields_.begin()));
    }
    return absl::OkStatus();
  }

  absl::Status GiveRow() {
    if (fields_.size() != width_) {
      return absl::InvalidArgumentError(fmt::format("{} fields instead of {}", fields_.size(), width_));
    }
    asked_.clear();
    for (const size_t place : places_) asked_.push_back(fields_[place]);
    return row_(asked_);
  }

  const std::vector<std::string>& columns_;
  const std::function<absl::Status(const CsvRow&)>& row_;
  csv_parser parser_{};
  absl::Status status_;
  int64_t number_ = 0;
  size_t width_ = 0;
  std::vector<size_t> places_;
  // The row that is being read.
  std::string text_;
  std::vector<size_t> ends_;
  CsvRow fields_, asked_;
};

struct CloseGz {
  void operator()(gzFile file) const { gzclose(file); }
};

absl::Status ReadRows(gzFile file, Rows& rows) {
  const auto chunk = std::make_unique<char[]>(kChunk);
  while (true) {
    const int count = gzread(file, chunk.get(), kChunk);
    // An end in the middle of the compressed stream is told by gzerror alone.
    int error = Z_OK;
    const char* why = gzerror(file, &error);
    if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
      return absl::InvalidArgumentError(fmt::format("it can't be read to its end: {}", why));
    }
    if (count == 0) return rows.End();
    if (absl::Status added = rows.Add(chunk.get(), static_cast<size_t>(count)); !added.ok()) return added;
  }
}

}  // namespace

absl::Status ReadCsv(const std::string& path, const std::vector<std::string>& columns,
                     const std::function<absl::Status(const CsvRow&)>& row) {
  // zlib gives the bytes of a file that is not compressed as they are.
  const std::unique_ptr<gzFile_s, CloseGz> file(gzopen(path.c_str(), "rb"));
  if (!file) return absl::NotFoundError(fmt::format("{} can't be opened", path));
  Rows rows(columns, row);
  absl::Status read = ReadRows(file.get(), rows);
  if (read.ok()) return read;
  return absl::InvalidArgumentError(fmt::format("{}: row {}: {}",
                                                std::filesystem::path(path).filename().string(),
                                                rows.number(), std::string(read.message())));
}

}  // namespace sanyuan::ctl::iowa
