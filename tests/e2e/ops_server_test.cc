#include "services/sanyuan/ops_server.h"

#include <gtest/gtest.h>

namespace sanyuan {
namespace {

// A server that finds a reason not to start ends its operations port at once.
TEST(OpsServer, EndsHoweverShortlyItHasListened) {
  for (int i = 0; i < 300; ++i) {
    OpsServer server;
    ASSERT_TRUE(server.Listen("127.0.0.1:0").ok());
  }
}

}  // namespace
}  // namespace sanyuan
