#pragma once

#include <iosfwd>

#include "detforge/cli/requests.h"

namespace detforge::cli {

/// The commands that need Torch, compiled into libdetforge and reached through this table. Each returns the exit
/// status; results go to `out`, everything else to `log`.
struct TorchActions {
  int (*build)(const BuildRequest&, std::ostream& out);
  int (*summary)(const SummaryRequest&, std::ostream& out);
  int (*detect)(const DetectRequest&, std::ostream& out, std::ostream& log);
  int (*benchmark)(const BenchmarkRequest&, std::ostream& out, std::ostream& log);
  int (*check)(const CheckRequest&, std::ostream& out);
  int (*test)(const TestRequest&, std::ostream& out, std::ostream& log);
  void (*info)(std::ostream& out);
  void (*set_threads)(int threads);
};

/// What libdetforge exports: `extern "C" const TorchActions* detforge_torch_actions()`.
using TorchActionsFunction = const TorchActions* (*)();
inline constexpr const char* torch_actions_symbol = "detforge_torch_actions";

}  // namespace detforge::cli
