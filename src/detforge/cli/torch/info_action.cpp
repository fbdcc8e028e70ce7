#include <ATen/Parallel.h>

#include <fstream>
#include <ostream>

#include "detforge/cli/torch/actions.h"

namespace detforge::cli {
namespace {

/// The BLAS that this process runs with: Debian's libtorch takes whatever is installed.
std::string blas_library() {
  std::ifstream maps("/proc/self/maps");
  std::string fallback;
  for (std::string line; std::getline(maps, line);) {
    const auto slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string path = line.substr(slash);
    if (path.find("openblas") != std::string::npos || path.find("libmkl") != std::string::npos || path.find("blis") != std::string::npos) {
      return path;
    }
    if (path.find("libblas") != std::string::npos) fallback = path;
  }
  if (fallback.empty()) return "none found";
  return fallback + " (the reference BLAS: linear layers are about 20 times slower than with libopenblas-dev)";
}

}  // namespace

void info_action(std::ostream& out) {
  // The first product loads the BLAS where it is bound late.
  static_cast<void>(torch::mm(torch::ones({8, 8}), torch::ones({8, 8})));
  out << "libtorch    " << TORCH_VERSION << '\n'
      << "BLAS        " << blas_library() << '\n'
      << "threads     " << at::get_num_threads() << '\n'
      << "devices     cpu";
  for (int i = 0; i < static_cast<int>(torch::cuda::device_count()); ++i) out << ", cuda:" << i;
  out << '\n';
}

}  // namespace detforge::cli
