#include "tests/engine/faulty_disk.h"

#include <sqlite3.h>

#include <cerrno>
#include <new>

namespace sanyuan {
namespace {

using Operation = FaultyDisk::Operation;

sqlite3_vfs* real_disk = nullptr;
FaultyDisk* faulty_disk = nullptr;

// What SQLite holds as a file; the real one lies behind it in the same memory.
struct File {
  sqlite3_file base;
  std::string* path;
};

sqlite3_file* Real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

// The code to give instead of working, with errno behind it; or SQLITE_OK.
int Strike(sqlite3_file* file, Operation operation) {
  const FaultyDisk::Failure failure = faulty_disk->Strike(*reinterpret_cast<File*>(file)->path, operation);
  errno = failure.system_error;
  return failure.sqlite_code;
}

// Hands a call on to the real file.
template <auto Method, typename... Args>
int Forward(sqlite3_file* file, Args... args) {
  return (Real(file)->pMethods->*Method)(Real(file), args...);
}

int Close(sqlite3_file* file) {
  delete reinterpret_cast<File*>(file)->path;
  return Forward<&sqlite3_io_methods::xClose>(file);
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  if (const int code = Strike(file, Operation::kWrite); code != SQLITE_OK) {
    // As on a real full disk, a part gets there.
    const int system_error = errno;
    Forward<&sqlite3_io_methods::xWrite>(file, data, size / 2, offset);
    errno = system_error;
    return code;
  }
  return Forward<&sqlite3_io_methods::xWrite>(file, data, size, offset);
}

int Sync(sqlite3_file* file, int flags) {
  const int code = Strike(file, Operation::kSync);
  return code != SQLITE_OK ? code : Forward<&sqlite3_io_methods::xSync>(file, flags);
}

void Barrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }

const sqlite3_io_methods kMethods = {
    3,
    Close,
    Forward<&sqlite3_io_methods::xRead>,
    Write,
    Forward<&sqlite3_io_methods::xTruncate>,
    Sync,
    Forward<&sqlite3_io_methods::xFileSize>,
    Forward<&sqlite3_io_methods::xLock>,
    Forward<&sqlite3_io_methods::xUnlock>,
    Forward<&sqlite3_io_methods::xCheckReservedLock>,
    Forward<&sqlite3_io_methods::xFileControl>,
    Forward<&sqlite3_io_methods::xSectorSize>,
    Forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    Forward<&sqlite3_io_methods::xShmMap>,
    Forward<&sqlite3_io_methods::xShmLock>,
    Barrier,
    Forward<&sqlite3_io_methods::xShmUnmap>,
    Forward<&sqlite3_io_methods::xFetch>,
    Forward<&sqlite3_io_methods::xUnfetch>,
};

int Open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  const int code = real_disk->xOpen(real_disk, path, Real(file), flags, out_flags);
  const bool opened = Real(file)->pMethods != nullptr;
  auto* own = reinterpret_cast<File*>(file);
  own->base.pMethods = opened ? &kMethods : nullptr;
  own->path = opened ? new std::string(path == nullptr ? "" : path) : nullptr;
  return code;
}

}  // namespace

FaultyDisk& FaultyDisk::Install() {
  static FaultyDisk* const disk = [] {
    faulty_disk = new FaultyDisk;
    real_disk = sqlite3_vfs_find(nullptr);
    auto* vfs = new sqlite3_vfs(*real_disk);
    vfs->szOsFile += static_cast<int>(sizeof(File));
    vfs->zName = "faulty";
    vfs->xOpen = Open;
    sqlite3_vfs_register(vfs, /*makeDflt=*/1);
    return faulty_disk;
  }();
  return *disk;
}

void FaultyDisk::Break(const Fault& fault) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  broken_ = true;
  strikes_ = 0;
}

void FaultyDisk::Heal() {
  std::lock_guard lock(mutex_);
  broken_ = false;
}

int FaultyDisk::strikes() const {
  std::lock_guard lock(mutex_);
  return strikes_;
}

FaultyDisk::Failure FaultyDisk::Strike(const std::string& path, Operation operation) {
  std::lock_guard lock(mutex_);
  if (!broken_ || operation != fault_.operation || !path.ends_with(fault_.file_suffix)) return {};
  if (fault_.skip > 0) {
    --fault_.skip;
    return {};
  }
  ++strikes_;
  return fault_.failure;
}

}  // namespace sanyuan
