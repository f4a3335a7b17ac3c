// Settings as real brokers named them (one each of Apache Kafka 3.6.2, 3.7.0, 3.9.1 and 4.1.0), as far as they differ here.
#include "common/log/kafka/broker_version.h"

#include <gtest/gtest.h>

namespace sanyuan::log::kafka {
namespace {

using Settings = std::map<std::string, std::string>;

const Settings kBroker362 = {{"inter.broker.protocol.version", "3.6-IV2"},
                             {"group.min.session.timeout.ms", "1000"},
                             {"log.message.timestamp.after.max.ms", "9223372036854775807"}};
const Settings kBroker370 = {{"inter.broker.protocol.version", "3.7-IV4"},
                             {"group.min.session.timeout.ms", "1000"},
                             {"group.coordinator.rebalance.protocols", "classic"},
                             {"telemetry.max.bytes", "1048576"}};
const Settings kBroker391 = {{"inter.broker.protocol.version", "3.9-IV0"},
                             {"group.min.session.timeout.ms", "1000"},
                             {"group.coordinator.rebalance.protocols", "classic"},
                             {"telemetry.max.bytes", "1048576"}};
const Settings kBroker410 = {{"group.min.session.timeout.ms", "1000"},
                             {"group.coordinator.rebalance.protocols", "classic,consumer,streams"},
                             {"telemetry.max.bytes", "1048576"}};

TEST(BrokerVersion, ABrokerBefore37IsTooOldAndSaysWhatItSpeaks) {
  EXPECT_EQ(TooOld(kBroker362), "older (inter.broker.protocol.version 3.6-IV2)");
}

TEST(BrokerVersion, From37OnItIsNot) {
  for (const Settings& broker : {kBroker370, kBroker391, kBroker410}) {
    EXPECT_EQ(TooOld(broker), std::nullopt);
  }
}

// As during an upgrade: the version of the protocol is still that of the oldest broker.
TEST(BrokerVersion, WhatBrokersSpeakAmongEachOtherIsNotTheirVersion) {
  Settings upgraded = kBroker391;
  upgraded["inter.broker.protocol.version"] = "3.6-IV2";
  EXPECT_EQ(TooOld(upgraded), std::nullopt);
}

TEST(BrokerVersion, OfABrokerThatNamesFewSettingsNothingIsSaid) {
  EXPECT_EQ(TooOld({}), std::nullopt);
  EXPECT_EQ(TooOld({{"log.retention.ms", "604800000"}}), std::nullopt);
}

}  // namespace
}  // namespace sanyuan::log::kafka
