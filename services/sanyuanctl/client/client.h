// Calls the public APIs for many callers at once. Methods are found by the type of their request; commands get
// request ids that derive from a seed and a name, so a day played again sends the same ids.
// Thread safety: any thread, but SetNow only while no call is under way.
#ifndef SANYUAN_SERVICES_SANYUANCTL_CLIENT_CLIENT_H_
#define SANYUAN_SERVICES_SANYUANCTL_CLIENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "services/sanyuanctl/client/transport.h"

namespace sanyuan::ctl {

// Rows that are asked of a list at once.
inline constexpr int kPageSize = 200;

// The server answered something that its caller can't go on with.
class Unexpected : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The server gave no answer until the deadline.
class Unavailable : public Unexpected {
 public:
  using Unexpected::Unexpected;
};

// How a call ended that may be refused.
struct Verdict {
  int code = 0;                      // Of gRPC; 0: done.
  std::vector<std::string> reasons;  // "OVER_TOTAL", each once, in the order of the answer.
  std::string message;
  bool ok() const { return code == 0; }
  bool Has(const std::string& reason) const;
};

class Client {
 public:
  // `patience` is how long each call is tried.
  Client(std::unique_ptr<Transport> transport, absl::Duration patience, uint64_t seed, int concurrency);

  // The time that request ids are made at: that of the server's simulated clock.
  void SetNow(absl::Time now) { now_ = now; }
  absl::Time now() const { return now_; }

  // `name` tells requests of one caller and method apart; the same name is the same request id. Tries again
  // while the server is unavailable.
  Verdict Try(const Caller& caller, const std::string& name, const google::protobuf::Message& request,
              google::protobuf::Message* response);

  // Throws Unexpected unless the verdict on the request is good.
  static void Check(const Caller& caller, const Verdict& verdict, const google::protobuf::Message& request);

  // Throws Unexpected unless it succeeds.
  template <typename Response, typename Request>
  Response Call(const Caller& caller, const std::string& name, const Request& request) {
    Response response;
    Check(caller, Try(caller, name, request, &response), request);
    return response;
  }

  // Runs work(0) to work(count - 1) on as many threads as calls may run at once. Throws what the first of them
  // threw.
  void Each(size_t count, const std::function<void(size_t)>& work) const;

  // Commands that were answered, and the greatest height of an answer for each journal id.
  int64_t acknowledged() const;
  std::map<std::string, uint64_t> heights() const;
  // Journal id and height of every answer whose message the file defines.
  std::set<std::pair<std::string, uint64_t>> positions(const google::protobuf::FileDescriptor& file) const;

 private:
  // A query waits until its view has reached what was answered before: of one service and county, so of one journal
  // and partition.
  void PresentPosition(const std::string& partition, google::protobuf::Message& query) const;
  void Note(const std::string& partition, const google::protobuf::Message& response);

  const uint64_t seed_;
  const int concurrency_;
  const absl::Duration patience_;
  const std::unique_ptr<Transport> transport_;
  absl::Time now_;
  mutable std::mutex mutex_;
  int64_t acknowledged_ = 0;
  std::map<std::string, uint64_t> heights_;
  std::map<std::string, std::string>
      latest_;  // Service and county to the journal that their last answer named.
  std::map<const google::protobuf::FileDescriptor*, std::set<std::pair<std::string, uint64_t>>> positions_;
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_CLIENT_CLIENT_H_
