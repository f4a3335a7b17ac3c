// Columns of a CSV file and the fields of a message that they fill. Pure functions, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_COLUMN_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_COLUMN_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace sanyuan::ctl::import {

// How a cell is written, where the field's type does not say it.
enum class Form {
  // Text, whole numbers, Y or N, the short name of an enum value ("ACTIVE"), a time (RFC 3339), a list with ';'.
  kOfField,
  kYuan,     // "565.20": fen in the field.
  kDegrees,  // "36.736001": millionths in the field.
  kTime,     // "07:30": minutes after midnight in the field.
  kCounty,   // Of the request, not of the item.
  kNote,     // For readers of the file alone.
};

struct Column {
  std::string name;
  // Of the item: "profile.authorised_receivers[0].name".
  std::string path;
  Form form = Form::kOfField;
  // The cell must not be empty.
  bool required = false;
  // What an empty cell means; empty: the field is left out.
  std::string usual{};
};

// Sets the field from the cell. The form that was expected when the cell has another one, empty when it was set.
// REQUIRES: the path is one of the message's; the cell is not empty.
std::string SetField(const Column& column, const std::string& cell, google::protobuf::Message& item);

// The column that a refusal's path inside an item ("profile.route_id") is about; the path itself when none is.
std::string ColumnOfPath(const std::vector<Column>& columns, const std::string& path);

// "ACTIVE, SUSPENDED, ..." for enums, else a word for the form; for the help.
std::string FormOf(const Column& column, const google::protobuf::Message& item);

}  // namespace sanyuan::ctl::import

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_COLUMN_H_
