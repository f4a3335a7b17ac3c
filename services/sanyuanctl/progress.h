// A line on a terminal that says how far something is. Writes nothing where stderr is no terminal.
// Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_PROGRESS_H_
#define SANYUAN_SERVICES_SANYUANCTL_PROGRESS_H_

#include <cstdint>
#include <string>

namespace sanyuan::ctl {

class Progress {
 public:
  // `what` is counted: "orders".
  Progress(std::string what, int64_t total);
  // Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `note` says where it is: "2022-03-01".
  void Show(int64_t done, const std::string& note);

 private:
  const std::string what_;
  const int64_t total_;
  const bool terminal_;
  bool shown_ = false;
};

}  // namespace sanyuan::ctl

#endif  // SANYUAN_SERVICES_SANYUANCTL_PROGRESS_H_
