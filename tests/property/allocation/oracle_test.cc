// 20,000 random cases of each function, compared with the reference program over a pipe. The seed is
// fixed, so a mismatch reproduces; the message is the case as the reference reads it.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/allocation/domain/maths/bands.h"
#include "services/allocation/domain/maths/largest_remainder.h"
#include "services/allocation/domain/maths/pacing.h"
#include "services/allocation/domain/maths/ranges.h"
#include "tests/property/allocation/fill_case.h"

namespace sanyuan::allocation {
namespace {

constexpr int kCases = 20'000;

struct Asked {
  std::string question;
  std::string our_answer;
};

template <typename T>
std::string JsonList(const std::vector<T>& numbers) {
  std::string text = "[";
  for (const T number : numbers) {
    if (text.size() > 1) text += ",";
    text += std::to_string(number);
  }
  return text + "]";
}

std::string JsonBool(bool value) { return value ? "true" : "false"; }

// Uniform below one of three sizes: most cases small, some of real size, a few at the limit.
int64_t Number(std::mt19937_64& random, int64_t small, int64_t real, int64_t limit) {
  const uint64_t kind = random() % 20;
  const int64_t most = kind < 14 ? small : kind < 19 ? real : limit;
  return static_cast<int64_t>(random() % (static_cast<uint64_t>(most) + 1));
}

Asked AskBands(std::mt19937_64& random) {
  const Scale scale = static_cast<Scale>(random() % 3);
  const int64_t agreed = Number(random, 60, 5'000, kMaxTotalCartons);
  const int64_t floating = Number(random, 2'000, 2'000, kBasisPoints);
  const auto ceiling = MonthlyCeiling(agreed, scale, FloatTable{floating, floating, floating});
  EXPECT_TRUE(ceiling.ok()) << ceiling.status();
  return {"{\"f\":\"upper\",\"A\":" + std::to_string(agreed) + ",\"bp\":" + std::to_string(floating) +
              ",\"small\":" + JsonBool(scale == Scale::kSmall) + "}",
          std::to_string(ceiling.value_or(-1))};
}

std::vector<int64_t> RandomWeights(std::mt19937_64& random, size_t most_weights) {
  std::vector<int64_t> weights(1 + random() % most_weights);
  for (int64_t& weight : weights) weight = Number(random, 9, 10'000, kMaxTotalCartons / 10);
  return weights;
}

Asked AskLargestRemainder(std::mt19937_64& random) {
  const int64_t total = Number(random, 50, 100'000, kMaxTotalCartons);
  const std::vector<int64_t> weights = RandomWeights(random, 30);
  std::vector<int64_t> parts(weights.size());
  const auto placed = LargestRemainder(total, weights, absl::MakeSpan(parts));
  EXPECT_TRUE(placed.ok()) << placed.status();
  return {"{\"f\":\"largest_remainder\",\"total\":" + std::to_string(total) +
              ",\"weights\":" + JsonList(weights) + "}",
          JsonList(parts)};
}

Asked AskPacing(std::mt19937_64& random) {
  const int64_t ceiling = Number(random, 150, 10'000, kMaxTotalCartons);
  std::vector<int64_t> season = RandomWeights(random, 5);
  if (random() % 2 == 0) season.assign(season.size(), 1);
  season[random() % season.size()] += 1;
  const int64_t slack =
      random() % 2 == 0 ? kDefaultPacingSlackBasisPoints : Number(random, 999, 3'000, kBasisPoints);
  std::vector<int64_t> ceilings(season.size());
  const absl::Status status = PacingCeilings(ceiling, season, slack, absl::MakeSpan(ceilings));
  EXPECT_TRUE(status.ok()) << status;
  return {"{\"f\":\"pacing\",\"U\":" + std::to_string(ceiling) + ",\"weights\":" + JsonList(season) +
              ",\"sigma_bp\":" + std::to_string(slack) + "}",
          JsonList(ceilings)};
}

Asked AskWaterFill(std::mt19937_64& random) {
  const uint64_t kind = random() % 20;
  const CaseBounds small;
  const CaseBounds real{40, 200, 30};
  const CaseBounds limit{12, kMaxRequestCartons, static_cast<int32_t>(kMaxWeight)};
  const FillCase fill = RandomCase(random, kind < 17 ? small : kind < 19 ? real : limit);
  std::vector<int64_t> caps;
  std::vector<int32_t> weights;
  std::vector<uint32_t> keys;
  for (const FillLine& line : fill.lines) {
    caps.push_back(line.request);
    weights.push_back(line.weight);
    keys.push_back(line.key);
  }
  const Level level = LevelOf(fill);
  const std::vector<int64_t> cartons = RealRule(fill);
  for (size_t i = 0; i < cartons.size(); ++i) {
    EXPECT_EQ(CartonsAt(level, caps[i], weights[i], KeyOf(keys[i])), cartons[i]) << fill;
  }
  return {"{\"f\":\"waterfill\",\"S\":" + std::to_string(fill.supply) + ",\"cap\":" + JsonList(caps) +
              ",\"w\":" + JsonList(weights) + ",\"key\":" + JsonList(keys) +
              ",\"delta\":" + std::to_string(static_cast<int>(fill.rule.divisor)) +
              ",\"minone\":" + JsonBool(fill.rule.min_one) + "}",
          JsonList(cartons)};
}

// The reference's answers, one for each case.
std::vector<std::string> AskReference(const std::vector<Asked>& cases) {
  const std::string answers_path = testing::TempDir() + "/alloc_ref_answers." + std::to_string(getpid());
  const std::string command = "python3 '" SANYUAN_ALLOC_REF "' --answer > '" + answers_path + "'";
  FILE* reference = popen(command.c_str(), "w");
  if (reference == nullptr) return {};
  for (const Asked& asked : cases) {
    if (std::fputs((asked.question + "\n").c_str(), reference) == EOF) break;
  }
  EXPECT_EQ(pclose(reference), 0) << command;
  std::vector<std::string> answers;
  std::ifstream file(answers_path);
  for (std::string line; std::getline(file, line);) answers.push_back(line);
  std::remove(answers_path.c_str());
  return answers;
}

void ExpectTheReferenceAgrees(Asked (*ask)(std::mt19937_64&), uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Asked> cases;
  cases.reserve(kCases);
  for (int i = 0; i < kCases; ++i) cases.push_back(ask(random));
  const std::vector<std::string> answers = AskReference(cases);
  ASSERT_EQ(answers.size(), cases.size());
  int different = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    if (answers[i] == cases[i].our_answer) continue;
    ++different;
    if (different <= 5) {
      ADD_FAILURE() << cases[i].question << "\n reference " << answers[i] << "\n ours      "
                    << cases[i].our_answer;
    }
  }
  EXPECT_EQ(different, 0) << "of " << kCases;
}

TEST(Reference, AgreesOnBands) { ExpectTheReferenceAgrees(AskBands, 1); }
TEST(Reference, AgreesOnLargestRemainder) { ExpectTheReferenceAgrees(AskLargestRemainder, 2); }
TEST(Reference, AgreesOnPacing) { ExpectTheReferenceAgrees(AskPacing, 3); }
TEST(Reference, AgreesOnWaterFilling) { ExpectTheReferenceAgrees(AskWaterFill, 4); }

// The comparison itself must be able to fail.
TEST(Reference, ContradictsAWrongAnswer) {
  const std::vector<Asked> cases = {{R"({"f":"upper","A":5,"bp":1500,"small":true})", "5"}};
  const std::vector<std::string> answers = AskReference(cases);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0], "6");
}

}  // namespace
}  // namespace sanyuan::allocation
