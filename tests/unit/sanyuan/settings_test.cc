// The settings of the server programs: flags, variables of the environment, and what is refused.
#include "services/sanyuan/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace sanyuan {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() { AddSettings(app_, options_); }

  // Empty when the settings are taken, else what is said against them.
  std::string Parse(std::vector<std::string> arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
      app_.parse(reversed);
      return "";
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
  }

  CLI::App app_;
  ServeOptions options_;
};

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* const name_;
};

TEST_F(SettingsTest, EveryFlagHasItsVariable) {
  for (const CLI::Option* option : app_.get_options()) {
    if (option->get_name() == "--help") continue;
    EXPECT_EQ(option->get_envname(), VariableOf(option->get_name()));
    EXPECT_FALSE(option->get_description().empty()) << option->get_name();
  }
  EXPECT_EQ(VariableOf("--topic-prefix"), "SANYUAN_TOPIC_PREFIX");
}

TEST_F(SettingsTest, AVariableCountsLikeItsFlagAndTheFlagWins) {
  const Variable data("SANYUAN_DATA", "/from/variable");
  const Variable partitions("SANYUAN_PARTITIONS", "4");
  const Variable dev("SANYUAN_DEV", "true");
  EXPECT_EQ(Parse({"--partitions", "16"}), "");
  EXPECT_EQ(options_.data, "/from/variable");
  EXPECT_EQ(options_.partitions, 16);
  EXPECT_TRUE(options_.dev);
}

TEST_F(SettingsTest, WhatIsUnknownOrContradictoryOrWithoutEffectIsRefusedByName) {
  EXPECT_NE(Parse({}).find("--data"), std::string::npos);
  EXPECT_NE(Parse({"--data", "d", "--brokers", "b"}).find("brokers"), std::string::npos);
  for (const char* needs_kafka :
       {"--topic-prefix", "--kafka-properties", "--session-timeout", "--advertise"}) {
    const std::string said = Parse({"--data", "d", needs_kafka, "1"});
    EXPECT_NE(said.find("--kafka"), std::string::npos) << needs_kafka << ": " << said;
  }
  EXPECT_NE(Parse({"--data", "d", "--redis-user", "u"}).find("--redis"), std::string::npos);
  EXPECT_NE(Parse({"--data", "d", "--dev", "--clock-confirmed"}).find("--clock-confirmed"),
            std::string::npos);
  EXPECT_NE(Parse({"--data", "d", "--dev-seed", "3"}).find("--dev"), std::string::npos);
  EXPECT_NE(Parse({"--data", "d", "--heartbeat", "0"}).find("--heartbeat"), std::string::npos);
  EXPECT_NE(Parse({"--data", "d", "--otlp-ratio", "0.5"}).find("--otlp-endpoint"), std::string::npos);
  EXPECT_NE(
      Parse({"--data", "d", "--otlp-endpoint", "http://h:4318", "--otlp-ratio", "1.5"}).find("--otlp-ratio"),
      std::string::npos);
}

TEST_F(SettingsTest, AVariableThatIsNoneOfOursIsFoundAndThoseOfOthersAreNot) {
  const auto unknown = [&](const char* variable) {
    const char* const environment[] = {"PATH=/bin", variable, nullptr};
    return UnknownVariable(app_, environment).value_or("");
  };
  EXPECT_EQ(unknown("SANYUAN_TOPIC_PREFX=x"), "SANYUAN_TOPIC_PREFX");
  EXPECT_EQ(unknown("SANYUAN_TOPIC_PREFIX=x"), "");
  EXPECT_EQ(unknown("SANYUAN_DATASETS=/data"), "");
  EXPECT_EQ(unknown("SANYUAN_REGISTRY_SERVICE_HOST=10.0.0.1"), "");
  EXPECT_EQ(unknown("SANYUAN_REGISTRY_PORT_7620_TCP=tcp://10.0.0.1:7620"), "");
}

}  // namespace
}  // namespace sanyuan
