#include "detforge/base/interruption.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace detforge {
namespace {

class InterruptionTest : public testing::Test {
 protected:
  // A suite that runs in the background inherits ignored signals.
  void SetUp() override {
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
};
using InterruptionDeathTest = InterruptionTest;

TEST_F(InterruptionTest, FirstSignalIsARequestAndLeavesTheProgramRunning) {
  const Interruption interruption;
  EXPECT_FALSE(interruption.requested());
  EXPECT_EQ(interruption.exit_status(), 0);
  std::raise(SIGINT);
  EXPECT_TRUE(interruption.requested());
  EXPECT_EQ(interruption.exit_status(), 130);
}

TEST_F(InterruptionTest, TellsSigtermFromCtrlC) {
  const Interruption interruption;
  std::raise(SIGTERM);
  EXPECT_EQ(interruption.exit_status(), 143);
}

TEST_F(InterruptionDeathTest, SecondSignalEndsTheProgram) {
  const auto twice = [] {
    const Interruption interruption;
    std::raise(SIGINT);
    std::raise(SIGINT);
  };
  EXPECT_EXIT(twice(), testing::KilledBySignal(SIGINT), "");
}

TEST_F(InterruptionDeathTest, SignalsAreTheShellsAgainAfterwards) {
  const auto after = [] {
    { const Interruption interruption; }
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(after(), testing::KilledBySignal(SIGTERM), "");
}

TEST_F(InterruptionDeathTest, IgnoredSignalsStayIgnored) {
  const auto ignoring = [] {
    std::signal(SIGINT, SIG_IGN);
    const Interruption interruption;
    std::raise(SIGINT);
    std::exit(interruption.requested() ? 1 : 0);
  };
  EXPECT_EXIT(ignoring(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace detforge
