#include "tests/chaos/workload/ledger.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/escaping.h"
#include "sanyuan/common/v1/position.pb.h"

namespace sanyuan::chaos {
namespace {

// Codes after which nobody knows what became of the command. Those that only a decision or a check of the request itself
// can give are answers.
bool Unknown(int code) {
  switch (code) {
    case 1:   // CANCELLED
    case 2:   // UNKNOWN
    case 4:   // DEADLINE_EXCEEDED
    case 8:   // RESOURCE_EXHAUSTED
    case 13:  // INTERNAL
    case 14:  // UNAVAILABLE
    case 15:  // DATA_LOSS
      return true;
    default:
      return false;
  }
}

std::string ReasonsOf(const google::rpc::Status& status) {
  std::set<std::string> reasons;
  google::rpc::ErrorInfo info;
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(&info)) reasons.insert(info.reason());
  }
  return reasons.empty() ? fmt::format("code-{}", status.code()) : fmt::format("{}", fmt::join(reasons, ","));
}

}  // namespace

LedgerWriter::LedgerWriter(const std::string& path) : file_(std::fopen(path.c_str(), "wx")) {
  if (file_ == nullptr)
    throw std::runtime_error("the ledger " + path + " can't be made, or is there already");
}

LedgerWriter::~LedgerWriter() { std::fclose(file_); }

void LedgerWriter::Write(const std::string& line) {
  if (std::fputs(line.c_str(), file_) < 0 || std::fflush(file_) != 0) {
    throw std::runtime_error("the ledger can't be written");
  }
}

void LedgerWriter::Sent(const std::string& request_id, const std::string& method) {
  const std::lock_guard lock(mutex_);
  ids_.insert(request_id);
  Write(fmt::format("sent {} {}\n", request_id, method));
}

void LedgerWriter::Answered(const std::string& request_id, const google::rpc::Status& status,
                            const google::protobuf::Message& response) {
  const int64_t at = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count();
  std::string line;
  if (status.code() == 0) {
    const auto* field = response.GetDescriptor()->FindFieldByName("position");
    if (field == nullptr)
      throw std::runtime_error(fmt::format("{} has no position", response.GetDescriptor()->full_name()));
    const auto& position =
        dynamic_cast<const common::v1::Position&>(response.GetReflection()->GetMessage(response, field));
    line = fmt::format("acknowledged {} {} {} {}\n", request_id,
                       absl::BytesToHexString(position.journal_id()), position.height(), at);
  } else if (Unknown(status.code())) {
    line = fmt::format("unknown {} {} {}\n", request_id, status.code(), at);
  } else {
    line = fmt::format("refused {} {} {}\n", request_id, ReasonsOf(status), at);
  }
  const std::lock_guard lock(mutex_);
  if (Unknown(status.code())) ++unanswered_;
  Write(line);
}

size_t LedgerWriter::commands() const {
  const std::lock_guard lock(mutex_);
  return ids_.size();
}

size_t LedgerWriter::unanswered() const {
  const std::lock_guard lock(mutex_);
  return unanswered_;
}

std::map<std::string, Entry> ReadLedger(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("the ledger " + path + " can't be read");
  std::map<std::string, Entry> entries;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string what, id, detail;
    if (!(words >> what >> id >> detail)) throw std::runtime_error("the ledger has a line '" + line + "'");
    Entry& entry = entries[id];
    if (what == "sent") {
      entry.method = detail;
    } else if (what == "refused") {
      entry.refused.insert(detail);
    } else if (what == "acknowledged") {
      uint64_t height = 0;
      if (!(words >> height)) throw std::runtime_error("the ledger has a line '" + line + "'");
      entry.acknowledged.emplace(detail, height);
    } else if (what != "unknown") {
      throw std::runtime_error("the ledger has a line '" + line + "'");
    }
  }
  return entries;
}

}  // namespace sanyuan::chaos
