// The book of a workload: every command before it is sent, and what each attempt came to. Written as a file of lines, so
// that it stands outside of what it is to judge:
//
//   sent <request id> <method>
//   acknowledged <request id> <journal id> <height> <milliseconds>
//   refused <request id> <reason>,... <milliseconds>        decided: it has no effect
//   unknown <request id> <code of gRPC> <milliseconds>      no answer: it may have been decided, or still be
//
// Milliseconds are those of CLOCK_MONOTONIC at which the answer came.
// Thread safety: any thread.
#ifndef SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_H_
#define SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_H_

#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"

namespace sanyuan::chaos {

class LedgerWriter {
 public:
  // Throws std::runtime_error when the file can't be made.
  explicit LedgerWriter(const std::string& path);
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  // Returns when the line is in the file.
  void Sent(const std::string& request_id, const std::string& method);
  void Answered(const std::string& request_id, const google::rpc::Status& status,
                const google::protobuf::Message& response);

  // Commands so far, each once however often it was sent.
  size_t commands() const;
  // Attempts that have brought no answer.
  size_t unanswered() const;

 private:
  void Write(const std::string& line);

  std::FILE* const file_;
  mutable std::mutex mutex_;
  std::unordered_set<std::string> ids_;
  size_t unanswered_ = 0;
};

// What the book says of one command.
struct Entry {
  std::string method;
  std::set<std::pair<std::string, uint64_t>>
      acknowledged;               // Journal id, hexadecimal, and height: at most one.
  std::set<std::string> refused;  // Reasons, joined: at most one.
};

// By request id. Throws std::runtime_error when the file can't be read.
std::map<std::string, Entry> ReadLedger(const std::string& path);

}  // namespace sanyuan::chaos

#endif  // SANYUAN_TESTS_CHAOS_WORKLOAD_LEDGER_H_
