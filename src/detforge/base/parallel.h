#pragma once

#include <cstddef>
#include <functional>

/// One pool of threads for everything: OpenMP's (libgomp), with which ATen and oneDNN compute too. Its threads start with the first work
/// that is worth several and wait for the next.
namespace detforge {

/// Threads that `threads` asks for: itself, or for 0 as many as there are cores.
std::size_t thread_count(int threads);

/// The size of the calling thread's pool: how many of its threads OpenMP, ATen and oneDNN use where nobody says another number. Work that
/// asks for more makes the pool larger as long as it lasts.
void set_pool_size(std::size_t threads);
std::size_t pool_size();

/// Calls `task(0)` … `task(count - 1)`, each once, on `threads` threads of the pool (the caller is one of them), in no particular order;
/// inside of a task on the caller's alone. The first exception out of a task is thrown again here, after the others stopped taking tasks.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& task);

}  // namespace detforge
