#include "common/log/embedded/identity_file.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "common/log/embedded/durable_file.h"

namespace sanyuan::log {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr int32_t kFormat = 1;
constexpr size_t kJournalIdBytes = 16;

std::string ToHex(const std::string& bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::optional<std::string> FromHex(const std::string& hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (hex.size() != 2 * kJournalIdBytes) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const size_t high = kDigits.find(hex[i]);
    const size_t low = kDigits.find(hex[i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

std::optional<int32_t> IntField(const Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  if (found == object.fields().end() || found->second.kind_case() != Value::kNumberValue) return std::nullopt;
  const double number = found->second.number_value();
  if (number != std::floor(number) || std::abs(number) > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  return static_cast<int32_t>(number);
}

std::optional<std::string> TextField(const Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  if (found == object.fields().end() || found->second.kind_case() != Value::kStringValue) return std::nullopt;
  return found->second.string_value();
}

Value Text(std::string text) {
  Value value;
  value.set_string_value(std::move(text));
  return value;
}

Value Number(int32_t number) {
  Value value;
  value.set_number_value(number);
  return value;
}

std::optional<Identity> FromJson(const Struct& root) {
  Identity identity;
  const std::optional<int32_t> partition_count = IntField(root, "partition_count");
  const std::optional<std::string> created_at = TextField(root, "created_at");
  const auto journals = root.fields().find("journals");
  std::string ignored;
  if (!partition_count || *partition_count < 1 || !created_at || journals == root.fields().end() ||
      !absl::ParseTime(absl::RFC3339_full, *created_at, &identity.created_at, &ignored)) {
    return std::nullopt;
  }
  identity.partition_count = *partition_count;
  for (const Value& value : journals->second.list_value().values()) {
    const Struct& journal = value.struct_value();
    const std::optional<std::string> topic = TextField(journal, "topic");
    const std::optional<int32_t> partition = IntField(journal, "partition");
    const std::optional<std::string> hex = TextField(journal, "journal_id");
    const std::optional<std::string> id = hex ? FromHex(*hex) : std::nullopt;
    if (!topic || !partition || !id) return std::nullopt;
    if (!identity.journal_ids.emplace(TopicPartition{*topic, *partition}, *id).second) return std::nullopt;
  }
  return identity;
}

Struct ToJson(const Identity& identity) {
  Struct root;
  auto& fields = *root.mutable_fields();
  fields["format"] = Number(kFormat);
  fields["created_at"] =
      Text(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", identity.created_at, absl::UTCTimeZone()));
  fields["partition_count"] = Number(identity.partition_count);
  auto* journals = fields["journals"].mutable_list_value();
  for (const auto& [where, id] : identity.journal_ids) {
    auto& journal = *journals->add_values()->mutable_struct_value()->mutable_fields();
    journal["topic"] = Text(where.topic);
    journal["partition"] = Number(where.partition);
    journal["journal_id"] = Text(ToHex(id));
  }
  return root;
}

}  // namespace

absl::Status CheckJournals(const Identity& known, const std::map<TopicPartition, std::string>& found,
                           const std::string& directory) {
  for (const auto& [journal, id] : found) {
    const auto it = known.journal_ids.find(journal);
    if (it != known.journal_ids.end() && it->second == id) continue;
    return absl::FailedPreconditionError(
        fmt::format("{} is not the journal that {} was made with", journal.ToString(), directory));
  }
  return absl::OkStatus();
}

absl::StatusOr<Identity> IdentityFile::Read() const {
  absl::StatusOr<std::string> text = ReadWholeFile(path_);
  if (!text.ok()) return text.status();
  Struct root;
  const auto parsed = google::protobuf::util::JsonStringToMessage(*text, &root);
  const std::optional<int32_t> format = parsed.ok() ? IntField(root, "format") : std::nullopt;
  if (format && *format > kFormat) {
    return absl::FailedPreconditionError(
        fmt::format("{} has format {}; this version knows up to {}", path_, *format, kFormat));
  }
  std::optional<Identity> identity = format == kFormat ? FromJson(root) : std::nullopt;
  if (!identity) return absl::DataLossError(fmt::format("{} is damaged", path_));
  return *std::move(identity);
}

absl::Status IdentityFile::Write(const Identity& identity) const {
  const bool ids_fit = std::all_of(identity.journal_ids.begin(), identity.journal_ids.end(),
                                   [](const auto& entry) { return entry.second.size() == kJournalIdBytes; });
  const bool whole = absl::FromUnixMillis(absl::ToUnixMillis(identity.created_at)) == identity.created_at;
  if (!ids_fit || !whole || identity.partition_count < 1)
    return absl::InvalidArgumentError("not an identity");
  absl::StatusOr<Identity> known = Read();
  if (!known.ok() && !absl::IsNotFound(known.status())) return known.status();
  if (known.ok()) {
    const bool keeps_journals =
        std::all_of(known->journal_ids.begin(), known->journal_ids.end(), [&](const auto& entry) {
          const auto found = identity.journal_ids.find(entry.first);
          return found != identity.journal_ids.end() && found->second == entry.second;
        });
    if (!keeps_journals || known->created_at != identity.created_at ||
        known->partition_count != identity.partition_count) {
      return absl::FailedPreconditionError(fmt::format("{} says otherwise", path_));
    }
  }
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  const auto printed = google::protobuf::util::MessageToJsonString(ToJson(identity), &text, options);
  if (!printed.ok()) return absl::InternalError(fmt::format("{}: not printable", path_));
  return WriteFileDurably(path_, text);
}

}  // namespace sanyuan::log
