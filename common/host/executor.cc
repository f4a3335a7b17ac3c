#include "common/host/executor.h"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <mutex>
#include <utility>

#include "absl/time/clock.h"

namespace sanyuan::host {
namespace {

template <typename Target>
void After(Target& target, absl::Duration wait, std::function<void()> task) {
  if (wait <= absl::ZeroDuration()) return asio::post(target, std::move(task));
  auto timer = std::make_shared<asio::steady_timer>(target, absl::ToChronoMicroseconds(wait));
  timer->async_wait([timer, task = std::move(task)](const std::error_code&) { task(); });
}

class AsioStrand final : public Strand {
 public:
  explicit AsioStrand(asio::thread_pool& pool) : strand_(asio::make_strand(pool)) {}
  void Post(std::function<void()> task) override { asio::post(strand_, std::move(task)); }
  void PostAfter(absl::Duration wait, std::function<void()> task) override {
    After(strand_, wait, std::move(task));
  }
  absl::Time Now() const override { return absl::Now(); }

 private:
  asio::strand<asio::thread_pool::executor_type> strand_;
};

class AsioTicker final : public Ticker {
 public:
  AsioTicker(asio::thread_pool& pool, absl::Duration period, std::function<void()> task)
      : shared_(std::make_shared<Shared>(pool, period, std::move(task))) {
    Arm(shared_);
  }
  ~AsioTicker() override {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    shared_->timer.cancel();
  }

 private:
  struct Shared {
    Shared(asio::thread_pool& pool, absl::Duration every, std::function<void()> what)
        : timer(pool), period(absl::ToChronoMilliseconds(every)), task(std::move(what)) {}
    std::mutex mutex;
    asio::steady_timer timer;
    std::chrono::milliseconds period;
    std::function<void()> task;
    bool stopped = false;
  };

  static void Arm(const std::shared_ptr<Shared>& shared) {
    shared->timer.expires_after(shared->period);
    shared->timer.async_wait([shared](const std::error_code&) {
      const std::lock_guard lock(shared->mutex);
      if (shared->stopped) return;
      shared->task();
      Arm(shared);
    });
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace

struct Executor::Impl {
  explicit Impl(int threads) : pool(static_cast<std::size_t>(threads)) {}
  asio::thread_pool pool;
};

Executor::Executor(int threads) : impl_(std::make_unique<Impl>(threads)) {}
Executor::~Executor() { Stop(); }

void Executor::Post(std::function<void()> task) { asio::post(impl_->pool, std::move(task)); }
void Executor::PostAfter(absl::Duration wait, std::function<void()> task) {
  After(impl_->pool, wait, std::move(task));
}
std::unique_ptr<Strand> Executor::NewStrand() { return std::make_unique<AsioStrand>(impl_->pool); }
std::unique_ptr<Ticker> Executor::Every(absl::Duration period, std::function<void()> task) {
  return std::make_unique<AsioTicker>(impl_->pool, period, std::move(task));
}
void Executor::Stop() { impl_->pool.join(); }

}  // namespace sanyuan::host
