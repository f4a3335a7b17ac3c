// The Redis view store under the conformance suite, and what it does with keys, values and batches of all sizes.
// Its failures are in redis_faults_test.cc.
#include "common/view/redis/redis_view_store.h"

#include <fmt/format.h>

#include <vector>

#include "tests/engine/redis_server.h"
#include "tests/engine/view_conformance.h"

namespace sanyuan::view {
namespace {

RedisViewStoreOptions OptionsFor(const RedisServer& server) {
  RedisViewStoreOptions options;
  options.host = RedisServer::kHost;
  options.port = server.port();
  options.user = RedisServer::kUser;
  options.password = RedisServer::kPassword;
  options.command_timeout = std::chrono::seconds(20);
  return options;
}

class Conforming : public StoreUnderTest {
 public:
  std::unique_ptr<ViewStore> Open() override {
    RedisViewStoreOptions options = OptionsFor(server_);
    options.on_lost = [](const ViewName&, const absl::Status& why) { ADD_FAILURE() << "lost: " << why; };
    auto store = RedisViewStore::Open(std::move(options));
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

 private:
  RedisServer server_;
};

INSTANTIATE_TEST_SUITE_P(Redis, ViewConformance,
                         ::testing::Values(Store{[] { return std::make_unique<Conforming>(); }}));

}  // namespace
}  // namespace sanyuan::view
