// What was in work when a process died is known after it, and counted.
#include "common/host/work_log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/engine/scratch_directory.h"

namespace sanyuan::host {
namespace {

using partition::Work;

const log::TopicPartition kJournal{"counter.journal", 3};
const Work kOne{Work::Kind::kInput, 0, 17, 0};
const Work kOther{Work::Kind::kCommand, 1, 2, 0};

class WorkLogTest : public ::testing::Test {
 protected:
  // A process that is killed while it tries `work`, after it has survived `before`.
  void DieOf(const Work& work, const std::vector<Work>& before = {}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      WorkLogs logs(directory_.path(), "1.0");
      const auto log = *logs.Open(kJournal);
      for (const Work& one : before) {
        log->Trying(one);
        log->Survived();
      }
      log->Trying(work);
      ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }

  ScratchDirectory directory_;
};

TEST_F(WorkLogTest, DeathsAreCountedByWorkUntilItIsSurvived) {
  DieOf(kOne);
  DieOf(kOther);
  DieOf(kOne);
  WorkLogs logs(directory_.path(), "1.0");
  {
    const auto log = *logs.Open(kJournal);
    EXPECT_EQ(log->found(), kOne);
    EXPECT_EQ(log->Deaths(kOne), 2);
    EXPECT_EQ(log->Deaths(kOther), 1);
    EXPECT_EQ(log->Deaths({Work::Kind::kInput, 0, 17, 1}), 0);
    log->Trying(kOne);
    log->Survived();
    EXPECT_EQ(log->Deaths(kOne), 0);
  }
  const auto log = *logs.Open(kJournal);
  EXPECT_FALSE(log->found());
  EXPECT_EQ(log->Deaths(kOne), 0);
  EXPECT_EQ(log->Deaths(kOther), 1);
}

TEST_F(WorkLogTest, TimersAndRunsAreForgivenByNameOnly) {
  for (const Work::Kind kind : {Work::Kind::kTimer, Work::Kind::kRun}) {
    const Work work{kind, 7, 0, 0};
    DieOf(work);
    WorkLogs logs(directory_.path(), "1.0");
    const auto log = *logs.Open(kJournal);
    log->Trying(work);
    log->Survived();
    EXPECT_EQ(log->Deaths(work), 1);
    log->Forgive(work);
    EXPECT_EQ(log->Deaths(work), 0);
  }
}

TEST_F(WorkLogTest, ProcessThatDiesBetweenTwoPiecesOfWorkBlamesNone) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    WorkLogs logs(directory_.path(), "1.0");
    const auto log = *logs.Open(kJournal);
    log->Trying(kOne);
    log->Survived();
    ::raise(SIGKILL);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  WorkLogs logs(directory_.path(), "1.0");
  const auto log = *logs.Open(kJournal);
  EXPECT_FALSE(log->found());
  EXPECT_EQ(log->Deaths(kOne), 0);
}

TEST_F(WorkLogTest, AnotherVersionTriesAgain) {
  DieOf(kOne);
  WorkLogs logs(directory_.path(), "1.1");
  const auto log = *logs.Open(kJournal);
  EXPECT_FALSE(log->found());
  EXPECT_EQ(log->Deaths(kOne), 0);
}

TEST_F(WorkLogTest, FileThatIsNoneOfOursIsBegunAnew) {
  const std::filesystem::path path = std::filesystem::path(directory_.path()) / "counter.journal-3.work";
  std::ofstream(path) << "something else";
  WorkLogs logs(directory_.path(), "1.0");
  EXPECT_EQ((*logs.Open(kJournal))->Deaths(kOne), 0);
  DieOf(kOne);
  EXPECT_EQ((*logs.Open(kJournal))->Deaths(kOne), 1);
}

TEST_F(WorkLogTest, DirectoryThatCantBeMadeIsSaid) {
  std::ofstream(std::filesystem::path(directory_.path()) / "file") << "";
  WorkLogs logs(std::filesystem::path(directory_.path()) / "file" / "work", "1.0");
  EXPECT_EQ(logs.Open(kJournal).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(WorkLogTest, MoreDeadlyWorkThanThereIsRoomForForgetsWhatDiedLeast) {
  DieOf(kOne);
  DieOf(kOne);
  for (uint64_t height = 100; height < 140; ++height) DieOf({Work::Kind::kInput, 0, height, 0});
  WorkLogs logs(directory_.path(), "1.0");
  EXPECT_EQ((*logs.Open(kJournal))->Deaths(kOne), 2);
}

// Two partitions with what somebody died of before are not in work at the same time: only one of them can be blamed.
TEST_F(WorkLogTest, SuspectsAreTriedOneAtATime) {
  DieOf(kOne);
  WorkLogs logs(directory_.path(), "1.0");
  const auto first = *logs.Open(kJournal);
  std::filesystem::copy(std::filesystem::path(directory_.path()) / "counter.journal-3.work",
                        std::filesystem::path(directory_.path()) / "counter.journal-4.work");
  const auto second = *logs.Open({"counter.journal", 4});
  ASSERT_EQ(second->Deaths(kOne), 1);
  first->Trying(kOne);
  std::atomic<bool> comes{false}, tries{false};
  std::thread other([&] {
    comes = true;
    second->Trying(kOne);
    tries = true;
    second->Survived();
  });
  while (!comes) std::this_thread::yield();
  for (int look = 0; look < 1000; ++look) {
    EXPECT_FALSE(tries);
    std::this_thread::yield();
  }
  first->Survived();
  other.join();
  EXPECT_TRUE(tries);
}

}  // namespace
}  // namespace sanyuan::host
