#include "detforge/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "detforge/base/error.h"

namespace detforge {
namespace {

TEST(Parallel, EveryTaskRunsOnce) {
  for (const std::size_t threads : {1U, 2U, 7U}) {
    for (const std::size_t count : {0U, 1U, 5U, 1000U}) {
      std::vector<std::atomic<int>> runs(count);
      parallel_for(count, threads, [&](std::size_t i) { ++runs[i]; });
      for (const auto& one : runs) EXPECT_EQ(one, 1);
    }
  }
}

TEST(Parallel, TheFirstErrorComesThrough) {
  EXPECT_THROW(parallel_for(100, 3,
                            [](std::size_t i) {
                              if (i == 17) throw Error("no");
                            }),
               Error);
}

TEST(Parallel, NoThreadsMeansAllCores) {
  EXPECT_EQ(thread_count(3), 3U);
  EXPECT_GE(thread_count(0), 1U);
}

}  // namespace
}  // namespace detforge
