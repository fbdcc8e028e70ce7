#include "detforge/base/parallel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <mutex>
#include <set>
#include <thread>
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

/// The threads that take part while each of `threads` runs one task. By the kernel's numbers, which a new thread does not get again soon.
std::set<pid_t> members(std::size_t threads) {
  std::set<pid_t> seen;
  std::mutex mutex;
  std::barrier all(static_cast<std::ptrdiff_t>(threads));
  parallel_for(threads, threads, [&](std::size_t) {
    all.arrive_and_wait();
    const std::lock_guard lock(mutex);
    seen.insert(gettid());
  });
  return seen;
}

TEST(Parallel, NoThreadStartsPerCall) {
  constexpr std::size_t threads = 3;
  const std::size_t before = pool_size();
  set_pool_size(threads);
  const std::set<pid_t> first = members(threads);
  EXPECT_EQ(first.size(), threads);
  for (int call = 0; call < 20; ++call) {
    members(2);  // less work leaves the others where they are
    EXPECT_EQ(members(threads), first);
  }
  set_pool_size(before);
}

TEST(Parallel, ATaskRunsItsOwnTasksItself) {
  parallel_for(2, 2, [](std::size_t) {
    const std::thread::id self = std::this_thread::get_id();
    parallel_for(10, 2, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), self); });
  });
}

TEST(Parallel, NoThreadsMeansAllCores) {
  EXPECT_EQ(thread_count(3), 3U);
  EXPECT_GE(thread_count(0), 1U);
}

}  // namespace
}  // namespace detforge
