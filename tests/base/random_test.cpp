#include "detforge/base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace detforge {
namespace {

// The numbers are what numpy gives after `numpy.random.seed(0)`.
TEST(NumpyRandom, GivesNumpysDoubles) {
  NumpyRandom random(0);
  EXPECT_EQ(random.random_sample(), 0.5488135039273248);
  EXPECT_EQ(random.random_sample(), 0.7151893663724195);
  EXPECT_EQ(random.random_sample(), 0.6027633760716439);
}

TEST(NumpyRandom, GivesNumpysInts) {
  NumpyRandom random(0);
  for (const int wanted : {5, 0, 3, 3, 7, 9, 3, 5, 2, 4}) EXPECT_EQ(random.randint(0, 10), wanted);
}

TEST(NumpyRandom, GivesNumpysOrders) {
  NumpyRandom random(0);
  EXPECT_EQ(random.permutation(10), (std::vector<std::size_t>{2, 8, 4, 9, 1, 6, 7, 3, 0, 5}));
  NumpyRandom other(0);
  EXPECT_EQ(other.choice_without_replacement(10, 3), (std::vector<std::size_t>{2, 8, 4}));
  EXPECT_TRUE(other.permutation(0).empty());
}

TEST(NumpyRandom, DrawsNothingWhereThereIsNoChoice) {
  NumpyRandom random(0);
  EXPECT_EQ(random.randint(7, 8), 7);
  EXPECT_EQ(random.random_sample(), 0.5488135039273248);
}

TEST(NumpyRandom, StaysInRangesWiderThan32Bits) {
  NumpyRandom random(1);
  constexpr std::int64_t kLow = -(std::int64_t{1} << 40U), kHigh = std::int64_t{1} << 40U;
  bool has_wide = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t drawn = random.randint(kLow, kHigh);
    EXPECT_GE(drawn, kLow);
    EXPECT_LT(drawn, kHigh);
    has_wide |= drawn > (std::int64_t{1} << 33U);
  }
  EXPECT_TRUE(has_wide);
}

TEST(NumpyRandom, NeverChoosesWhatHasNoProbability) {
  NumpyRandom random(3);
  const std::array<double, 3> probabilities = {0, 1, 0};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.choice(probabilities), 1U);
}

}  // namespace
}  // namespace detforge
