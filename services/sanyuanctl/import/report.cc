#include "services/sanyuanctl/import/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/rpc/reasons.h"
#include "sanyuan/common/v1/reason.pb.h"

namespace sanyuan::ctl::import {
namespace {

struct Words {
  std::string zh, en;
};

Words WordsOf(const std::string& reason) {
  static const std::map<std::string, Words> own = {
      {kQuoting, {"引号不正确", "A quote is in the wrong place or never closed"}},
      {kEncoding, {"不是 UTF-8 编码", "Not UTF-8"}},
      {kRagged, {"列数与表头不符", "The row has another number of cells than the header"}},
      {kEmptyFile, {"文件没有表头", "The file has no header"}},
      {kColumnMissing, {"缺少必需的列", "A column is missing that every row needs"}},
      {kColumnDoubled, {"重复的列内容不一致", "A column stands twice and its cells differ"}},
      {kColumnUnknown, {"未知的列，已忽略", "A column that is not known; it was left out"}},
      {kGroupIncomplete, {"同组另有错误行", "Another row of what belongs together was refused"}},
  };
  if (const auto found = own.find(reason); found != own.end()) return found->second;
  common::v1::Reason value = common::v1::REASON_UNSPECIFIED;
  if (!common::v1::Reason_Parse("REASON_" + reason, &value)) return {};
  const common::v1::ReasonText& text = rpc::TextOf(value);
  return {text.zh(), text.en()};
}

nlohmann::json JsonOf(const Fault& fault) {
  const Words words = WordsOf(fault.reason);
  return {{"file", fault.place.file},
          {"line", fault.place.line},
          {"field", fault.field},
          {"reason", fault.reason},
          {"detail", fault.detail},
          {"zh", words.zh},
          {"en", words.en}};
}

std::string LineOf(const Fault& fault) {
  const Words words = WordsOf(fault.reason);
  return fmt::format("{}:{}: {}{}{}: {} / {}{}\n", fault.place.file, fault.place.line, fault.field,
                     fault.field.empty() ? "" : ": ", fault.reason, words.zh, words.en,
                     fault.detail.empty() ? "" : " (" + fault.detail + ")");
}

}  // namespace

void Report::Refuse(Fault fault) {
  refused_.insert(fault.place);
  faults_.push_back(std::move(fault));
}

void Report::RefuseHeader(Fault fault) {
  unreadable_ = true;
  faults_.push_back(std::move(fault));
}

void Report::Count(int64_t registered, int64_t unchanged) {
  registered_ += registered;
  unchanged_ += unchanged;
}

std::vector<Fault> Report::Faults() const {
  std::vector<Fault> sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Fault& a, const Fault& b) { return a.place < b.place; });
  // One cell may stand for two fields.
  const auto same = [](const Fault& a, const Fault& b) {
    return a.place == b.place && a.field == b.field && a.reason == b.reason;
  };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  return sorted;
}

int64_t Report::unsent() const {
  return rows_ - registered_ - unchanged_ - static_cast<int64_t>(refused_.size());
}

nlohmann::json Report::Json() const {
  nlohmann::json object = {{"rows", rows_},
                           {"registered", registered_},
                           {"unchanged", unchanged_},
                           {"refused_rows", refused_.size()},
                           {"unsent", unsent()},
                           {"refused", nlohmann::json::array()},
                           {"warnings", nlohmann::json::array()}};
  for (const Fault& fault : Faults()) object["refused"].push_back(JsonOf(fault));
  for (const Fault& fault : warnings_) object["warnings"].push_back(JsonOf(fault));
  return object;
}

std::string Report::Text() const {
  std::string text;
  for (const Fault& fault : warnings_) text += "warning: " + LineOf(fault);
  for (const Fault& fault : Faults()) text += LineOf(fault);
  text += fmt::format("{} rows: {} registered, {} unchanged, {} refused", rows_, registered_, unchanged_,
                      refused_.size());
  if (unsent() > 0) text += fmt::format(", {} not sent", unsent());
  return text + "\n";
}

}  // namespace sanyuan::ctl::import
