// A Redis view store as the tests of it open it, with what it said about lost views.
#ifndef SANYUAN_TESTS_ENGINE_REDIS_STORE_H_
#define SANYUAN_TESTS_ENGINE_REDIS_STORE_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/view/redis/redis_view_store.h"
#include "tests/engine/redis_server.h"

namespace sanyuan::view {

// The position after `height` records.
inline ViewPosition PositionAt(uint64_t height) {
  return {std::string(16, 'j'), height, Sha256(std::to_string(height))};
}

inline RedisViewStoreOptions OptionsFor(const RedisServer& server) {
  RedisViewStoreOptions options;
  options.host = RedisServer::kHost;
  options.port = server.port();
  options.user = RedisServer::kUser;
  options.password = RedisServer::kPassword;
  // The machine may be busy: what is to be in time says so by itself.
  options.command_timeout = std::chrono::seconds(20);
  return options;
}

class RedisStore {
 public:
  explicit RedisStore(RedisViewStoreOptions options) {
    options.on_lost = [this](const ViewName& view, const absl::Status& why) {
      const std::lock_guard lock(mutex_);
      lost_.emplace_back(view, std::string(why.message()));
    };
    auto store = RedisViewStore::Open(std::move(options));
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  explicit RedisStore(const RedisServer& server) : RedisStore(OptionsFor(server)) {}

  RedisViewStore* operator->() { return store_.get(); }
  std::vector<std::pair<ViewName, std::string>> lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  absl::StatusOr<std::optional<std::string>> Get(const ViewName& view, std::string_view key) {
    return store_->Reader(view)->Get(key);
  }
  auto Scan(const ViewName& view, size_t limit = 1'000'000) {
    return store_->Reader(view)->Scan("", "", limit);
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<ViewName, std::string>> lost_;
  std::unique_ptr<RedisViewStore> store_;
};

// Rows of about `bytes` each, all with this in their value.
inline std::vector<ViewRow> ManyRows(size_t count, size_t bytes, const std::string& what = "") {
  std::vector<ViewRow> rows;
  rows.reserve(count);
  for (size_t n = 0; n < count; ++n) {
    rows.push_back(
        {fmt::format("order/620121/20190805/{:012}", n * 7919 % count), what + std::string(bytes, 'x')});
  }
  return rows;
}

}  // namespace sanyuan::view

#endif  // SANYUAN_TESTS_ENGINE_REDIS_STORE_H_
