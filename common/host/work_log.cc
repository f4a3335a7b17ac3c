#include "common/host/work_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace sanyuan::host {
namespace {

using partition::Work;
using Name = std::array<char, 32>;

constexpr std::string_view kWorkMagic = "sanyuan work 1";
constexpr size_t kBytes = 4096;
// More kinds of deadly work at a time than this would be no accident of single records any more.
constexpr size_t kRemembered = 32;

// The compiler must not put off, join or leave out what is stored: whoever reads it next may be another process.
template <typename Value>
void Store(Value& to, Value value) {
  *const_cast<volatile Value*>(&to) = value;
}

void StoreWork(Work& to, const Work& work) {
  Store(to.kind, Work::Kind::kNone);
  Store(to.a, work.a);
  Store(to.b, work.b);
  Store(to.c, work.c);
  Store(to.kind, work.kind);
}

Name NameOf(std::string_view text) {
  Name name{};
  std::copy_n(text.begin(), std::min(text.size(), name.size()), name.begin());
  return name;
}

absl::Status Failed(const std::filesystem::path& path, int error) {
  return absl::UnavailableError(fmt::format("{}: {}", path.string(), std::generic_category().message(error)));
}

}  // namespace

struct WorkLog::Page {
  struct Dead {
    Work work;
    uint64_t deaths;  // 0: unused.
  };
  Name magic;
  Name version;
  Work in_work;
  std::array<Dead, kRemembered> dead;
};

absl::StatusOr<std::unique_ptr<WorkLog>> WorkLogs::Open(const log::TopicPartition& journal) {
  using Page = WorkLog::Page;
  static_assert(sizeof(Page) <= kBytes);
  const std::filesystem::path path = directory_ / fmt::format("{}-{}.work", journal.topic, journal.partition);
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Failed(path, errno);
  // Room is taken now: a full disk must not end the process later.
  const int no_room = ::posix_fallocate(file, 0, kBytes);
  void* mapped = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int not_mapped = errno;
  ::close(file);
  if (mapped == MAP_FAILED) return Failed(path, not_mapped);
  if (no_room != 0) {
    ::munmap(mapped, kBytes);
    return Failed(path, no_room);
  }
  auto* page = static_cast<Page*>(mapped);
  if (page->magic != NameOf(kWorkMagic) || page->version != NameOf(version_)) {
    std::memset(mapped, 0, kBytes);
    page->version = NameOf(version_);
    page->magic = NameOf(kWorkMagic);
  }
  return std::unique_ptr<WorkLog>(new WorkLog(page, suspects_));
}

WorkLog::WorkLog(Page* page, std::mutex& suspects) : page_(page), alone_(suspects, std::defer_lock) {
  auto& dead = page_->dead;
  if (page_->in_work.kind != Work::Kind::kNone) {
    found_ = page_->in_work;
    // First: a death that is not counted does less harm than one that is counted twice.
    Store(page_->in_work.kind, Work::Kind::kNone);
    auto of = std::find_if(dead.begin(), dead.end(),
                           [this](const auto& one) { return one.deaths > 0 && one.work == *found_; });
    if (of == dead.end()) {
      of = std::min_element(dead.begin(), dead.end(),
                            [](const auto& a, const auto& b) { return a.deaths < b.deaths; });
      Store(of->deaths, uint64_t{0});
      StoreWork(of->work, *found_);
    }
    Store(of->deaths, of->deaths + 1);
  }
  deaths_ = std::any_of(dead.begin(), dead.end(), [](const auto& one) { return one.deaths > 0; });
}

WorkLog::~WorkLog() { ::munmap(page_, kBytes); }

void WorkLog::Trying(const Work& work) {
  if (Deaths(work) > 0) alone_.lock();
  StoreWork(page_->in_work, work);
}

void WorkLog::Survived() {
  const Work survived = page_->in_work;
  Store(page_->in_work.kind, Work::Kind::kNone);
  if (!alone_) return;
  if (survived.kind == Work::Kind::kCommand || survived.kind == Work::Kind::kInput) Forgive(survived);
  alone_.unlock();
}

void WorkLog::Forgive(const Work& work) {
  for (auto& one : page_->dead) {
    if (one.work == work) Store(one.deaths, uint64_t{0});
  }
}

int WorkLog::Deaths(const Work& work) const {
  if (!deaths_) return 0;
  for (const auto& one : page_->dead) {
    if (one.deaths > 0 && one.work == work) return static_cast<int>(one.deaths);
  }
  return 0;
}

}  // namespace sanyuan::host
