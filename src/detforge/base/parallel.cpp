#include "detforge/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

// What `#pragma omp parallel` becomes (libgomp's ABI, which LLVM's libomp has too): so any compiler shares the pool, whatever its own
// OpenMP is.
extern "C" {
void GOMP_parallel(void (*function)(void*), void* data, unsigned num_threads, unsigned flags);
int omp_get_max_threads();
void omp_set_num_threads(int threads);
int omp_get_thread_num();
int omp_in_parallel();
}

namespace detforge {
namespace {

struct Work {
  std::size_t count;
  std::size_t threads;
  const std::function<void(std::size_t)>& task;
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure = nullptr;
  std::mutex mutex = {};

  void run() {
    try {
      for (std::size_t index = next++; index < count; index = next++) task(index);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }
};

void run_member(void* data) {
  Work& work = *static_cast<Work*>(data);
  if (static_cast<std::size_t>(omp_get_thread_num()) < work.threads) work.run();
}

}  // namespace

std::size_t thread_count(int threads) {
  if (threads > 0) return static_cast<std::size_t>(threads);
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

void set_pool_size(std::size_t threads) { omp_set_num_threads(static_cast<int>(std::max<std::size_t>(1, threads))); }

std::size_t pool_size() { return static_cast<std::size_t>(omp_get_max_threads()); }

void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& task) {
  Work work{.count = count, .threads = std::min(threads, count), .task = task};
  if (work.threads <= 1 || omp_in_parallel() != 0) {
    work.run();
  } else {
    // All of the pool, though some have nothing to do: libgomp ends the threads that a smaller team leaves over, and starts others later.
    GOMP_parallel(run_member, &work, static_cast<unsigned>(std::max(pool_size(), work.threads)), 0);
  }
  if (work.failure) std::rethrow_exception(work.failure);
}

}  // namespace detforge
