#pragma once

#include <cstddef>
#include <memory_resource>

namespace detforge::kernels {

/// What a kernel may use. Results do not depend on it.
struct Execution {
  std::size_t threads = 1;  ///< of OpenMP's pool (`parallel_for`)
  /// Where large intermediate results come from; asked by all of the threads at once.
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
};

}  // namespace detforge::kernels
