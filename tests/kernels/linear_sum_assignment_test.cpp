#include "detforge/kernels/linear_sum_assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <set>

#include "detforge/base/error.h"

namespace detforge::kernels {
namespace {

/// The least sum, by trying all permutations of the longer side.
double least_sum(const std::vector<double>& costs, std::int64_t rows, std::int64_t columns) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(std::max(rows, columns)));
  std::iota(order.begin(), order.end(), 0);
  double least = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::int64_t i = 0; i < std::min(rows, columns); ++i) {
      const std::int64_t other = order[static_cast<std::size_t>(i)];
      const std::int64_t row = rows <= columns ? i : other, column = rows <= columns ? other : i;
      sum += costs[static_cast<std::size_t>(row * columns + column)];
    }
    least = std::min(least, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(LinearSumAssignment, CostsAsLittleAsTheBestPermutation) {
  std::mt19937 random(3);
  for (std::int64_t rows = 1; rows <= 6; ++rows) {
    for (std::int64_t columns = 1; columns <= 6; ++columns) {
      for (int repeat = 0; repeat < 20; ++repeat) {
        std::vector<double> costs(static_cast<std::size_t>(rows * columns));
        // Few different numbers, so that there are ties.
        for (double& cost : costs) cost = static_cast<double>(random() % (repeat % 2 == 0 ? 5 : 1000)) - 2;
        const auto pairs = linear_sum_assignment(costs, rows, columns);
        ASSERT_EQ(pairs.size(), static_cast<std::size_t>(std::min(rows, columns)));
        double sum = 0;
        std::set<std::int64_t> seen;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
          sum += costs[static_cast<std::size_t>(pairs[i].row * columns + pairs[i].column)];
          EXPECT_TRUE(seen.insert(pairs[i].column).second);
          EXPECT_TRUE(i == 0 || pairs[i - 1].row < pairs[i].row);
        }
        ASSERT_DOUBLE_EQ(sum, least_sum(costs, rows, columns));
      }
    }
  }
}

TEST(LinearSumAssignment, TakesTheDiagonalOfEqualCosts) {
  const std::vector<double> costs(9, 1.0);
  const auto pairs = linear_sum_assignment(costs, 3, 3);
  for (const RowColumn& pair : pairs) EXPECT_EQ(pair.row, pair.column);
}

TEST(LinearSumAssignment, OfNothingIsNothing) {
  EXPECT_TRUE(linear_sum_assignment({}, 0, 3).empty());
  EXPECT_TRUE(linear_sum_assignment({}, 3, 0).empty());
}

TEST(LinearSumAssignment, RefusesWhatHasNoSum) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(linear_sum_assignment(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}, 1, 1), Error);
  EXPECT_THROW(linear_sum_assignment(std::vector<double>{-infinity}, 1, 1), Error);
  EXPECT_THROW(linear_sum_assignment(std::vector<double>{1, infinity, 1, infinity}, 2, 2), Error);
  EXPECT_EQ(linear_sum_assignment(std::vector<double>{1, infinity, 1, 2}, 2, 2)[1].column, 1);
}

}  // namespace
}  // namespace detforge::kernels
