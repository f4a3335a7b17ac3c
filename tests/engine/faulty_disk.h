// A disk that fails when a test says so: stands between SQLite and the file system for the whole process.
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_TESTS_ENGINE_FAULTY_DISK_H_
#define SANYUAN_TESTS_ENGINE_FAULTY_DISK_H_

#include <cstdint>
#include <mutex>
#include <string>

namespace sanyuan {

class FaultyDisk {
 public:
  enum class Operation : uint8_t { kWrite, kSync };
  struct Failure {
    int sqlite_code = 0;   // What SQLite is told; 0: nothing is wrong.
    int system_error = 0;  // The errno behind it.
  };
  struct Fault {
    std::string file_suffix;  // Of the files that it strikes, such as "-wal".
    Operation operation = Operation::kWrite;
    int skip = 0;  // So many operations go well before.
    Failure failure;
  };

  // From now on SQLite opens its files through this disk, which is sound at first.
  static FaultyDisk& Install();

  // From now on until Heal.
  void Break(const Fault& fault);
  void Heal();
  // How often the fault has struck.
  int strikes() const;

  // For the file methods: how this operation fails, if it does.
  Failure Strike(const std::string& path, Operation operation);

 private:
  mutable std::mutex mutex_;
  bool broken_ = false;
  Fault fault_;
  int strikes_ = 0;
};

}  // namespace sanyuan

#endif  // SANYUAN_TESTS_ENGINE_FAULTY_DISK_H_
