#pragma once

#include <cstddef>
#include <functional>

namespace detforge {

/// Threads that `threads` asks for: itself, or for 0 as many as there are cores.
std::size_t thread_count(int threads);

/// Calls `task(0)` … `task(count - 1)`, each once, on `threads` threads (the caller is one of them), in no particular order. The first
/// exception out of a task is thrown again here, after the others stopped taking tasks.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& task);

}  // namespace detforge
