#include "services/sanyuanctl/import/column.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/reference/wire_time.h"
#include "google/protobuf/timestamp.pb.h"

namespace sanyuan::ctl::import {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Place {
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
};

// "authorised_receivers[1]" -> name and 1; without brackets the index is -1.
std::pair<std::string, int> NameAndIndex(absl::string_view part) {
  const size_t bracket = part.find('[');
  if (bracket == absl::string_view::npos) return {std::string(part), -1};
  int index = 0;
  if (!absl::SimpleAtoi(part.substr(bracket + 1, part.size() - bracket - 2), &index)) return {"", -1};
  return {std::string(part.substr(0, bracket)), index};
}

// Goes along the path, making the messages on the way.
Place PlaceOf(const std::string& path, Message& item) {
  Place place{&item, nullptr};
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    const auto [name, index] = NameAndIndex(part);
    if (place.field != nullptr) {
      place.message = place.message->GetReflection()->MutableMessage(place.message, place.field);
    }
    place.field = place.message->GetDescriptor()->FindFieldByName(name);
    if (place.field == nullptr) return {};
    if (index < 0) continue;
    const auto* reflection = place.message->GetReflection();
    while (reflection->FieldSize(*place.message, place.field) <= index) {
      reflection->AddMessage(place.message, place.field);
    }
    place.message = reflection->MutableRepeatedMessage(place.message, place.field, index);
    place.field = nullptr;
  }
  return place;
}

// "LICENCE_STATUS_" of LICENCE_STATUS_UNSPECIFIED.
std::string PrefixOf(const EnumDescriptor& type) {
  return std::string(absl::StripSuffix(type.FindValueByNumber(0)->name(), "UNSPECIFIED"));
}

std::string NamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    names.emplace_back(type.value(i)->name().substr(PrefixOf(type).size()));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::optional<bool> ParseBool(const std::string& cell) {
  const std::string word = absl::AsciiStrToUpper(cell);
  if (word == "Y" || word == "YES" || word == "TRUE" || word == "1" || word == "是") return true;
  if (word == "N" || word == "NO" || word == "FALSE" || word == "0" || word == "否") return false;
  return std::nullopt;
}

// Whole number of units of 10^-digits, without rounding.
std::optional<int64_t> ParseDecimal(const std::string& cell, size_t digits) {
  absl::string_view text = cell;
  const bool negative = absl::ConsumePrefix(&text, "-");
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('.', 1));
  std::string all(parts.first);
  if (all.empty() || all.size() > 12 || parts.second.size() > digits) return std::nullopt;
  if (text.find('.') != absl::string_view::npos && parts.second.empty()) return std::nullopt;
  all.append(std::string(parts.second));
  all.append(digits - parts.second.size(), '0');
  for (const char c : all) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  int64_t value = 0;
  if (!absl::SimpleAtoi(all, &value)) return std::nullopt;
  return negative ? -value : value;
}

std::optional<int64_t> ParseMinute(const std::string& cell) {
  if (cell.size() != 5 || cell[2] != ':') return std::nullopt;
  int hours = 0, minutes = 0;
  for (const size_t i : {0, 1, 3, 4}) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(cell[i]))) return std::nullopt;
  }
  if (!absl::SimpleAtoi(cell.substr(0, 2), &hours) || !absl::SimpleAtoi(cell.substr(3), &minutes)) {
    return std::nullopt;
  }
  if (hours > 23 || minutes > 59) return std::nullopt;
  return hours * 60 + minutes;
}

std::optional<int64_t> ParseNumber(Form form, const std::string& cell) {
  switch (form) {
    case Form::kYuan:
      return ParseDecimal(cell, 2);
    case Form::kDegrees:
      return ParseDecimal(cell, 6);
    case Form::kTime:
      return ParseMinute(cell);
    default:
      return ParseDecimal(cell, 0);
  }
}

std::string WordOf(const Column& column, const FieldDescriptor& field) {
  switch (column.form) {
    case Form::kYuan:
      return "yuan, at most 2 decimals";
    case Form::kDegrees:
      return "degrees, at most 6 decimals";
    case Form::kTime:
      return "HH:MM";
    default:
      break;
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "Y or N";
    case FieldDescriptor::CPPTYPE_ENUM:
      return NamesOf(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a time, YYYY-MM-DDTHH:MM:SS+08:00";
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is_repeated() ? "a list with ;" : "text";
    default:
      return "a whole number";
  }
}

bool SetNumber(const Column& column, const std::string& cell, const Place& place) {
  const std::optional<int64_t> value = ParseNumber(column.form, cell);
  if (!value) return false;
  const auto* reflection = place.message->GetReflection();
  if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    reflection->SetInt64(place.message, place.field, *value);
    return true;
  }
  if (*value < std::numeric_limits<int32_t>::min() || *value > std::numeric_limits<int32_t>::max())
    return false;
  reflection->SetInt32(place.message, place.field, static_cast<int32_t>(*value));
  return true;
}

bool Set(const Column& column, const std::string& cell, const Place& place) {
  const auto* reflection = place.message->GetReflection();
  switch (place.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (!place.field->is_repeated()) {
        reflection->SetString(place.message, place.field, cell);
        return true;
      }
      for (absl::string_view part : absl::StrSplit(cell, ';', absl::SkipWhitespace())) {
        reflection->AddString(place.message, place.field, std::string(absl::StripAsciiWhitespace(part)));
      }
      return true;
    case FieldDescriptor::CPPTYPE_BOOL: {
      const std::optional<bool> value = ParseBool(cell);
      if (value) reflection->SetBool(place.message, place.field, *value);
      return value.has_value();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumDescriptor& type = *place.field->enum_type();
      const EnumValueDescriptor* value = type.FindValueByName(PrefixOf(type) + absl::AsciiStrToUpper(cell));
      if (value == nullptr || value->number() == 0) return false;
      reflection->SetEnum(place.message, place.field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      absl::Time time;
      std::string error;
      if (place.field->message_type() != google::protobuf::Timestamp::descriptor() ||
          !absl::ParseTime(absl::RFC3339_full, cell, &time, &error)) {
        return false;
      }
      reflection->MutableMessage(place.message, place.field)->CopyFrom(reference::ToWireTime(time));
      return true;
    }
    default:
      return SetNumber(column, cell, place);
  }
}

// Without the indexes of lists: "profile.authorised_receivers[1].name" and "...[0].name" are alike.
bool Covers(const std::string& outer, const std::string& inner) {
  return inner.size() > outer.size() && inner.compare(0, outer.size(), outer) == 0 &&
         (inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

}  // namespace

std::string SetField(const Column& column, const std::string& cell, Message& item) {
  const Place place = PlaceOf(column.path, item);
  if (place.field == nullptr) return "no field " + column.path;
  return Set(column, cell, place) ? "" : WordOf(column, *place.field);
}

std::string ColumnOfPath(const std::vector<Column>& columns, const std::string& path) {
  for (const Column& column : columns) {
    if (!column.path.empty() && column.path == path) return column.name;
  }
  for (const Column& column : columns) {
    if (!column.path.empty() && (Covers(column.path, path) || Covers(path, column.path))) return column.name;
  }
  // One cell may fill two fields: valid_from of a price and of a class.
  for (const Column& column : columns) {
    if (!path.empty() && column.name == path.substr(path.rfind('.') + 1)) return column.name;
  }
  return path;
}

std::string FormOf(const Column& column, const Message& item) {
  if (column.form == Form::kCounty) return "six digits";
  if (column.form == Form::kNote) return "not imported";
  const std::unique_ptr<Message> scratch(item.New());
  const Place place = PlaceOf(column.path, *scratch);
  return place.field == nullptr ? "" : WordOf(column, *place.field);
}

}  // namespace sanyuan::ctl::import
