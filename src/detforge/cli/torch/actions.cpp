#include "detforge/cli/torch/actions.h"

#include <torch/torch.h>

extern "C" __attribute__((visibility("default"))) const detforge::cli::TorchActions* detforge_torch_actions() {
  using namespace detforge::cli;
  static const TorchActions actions = {.build = build_action,
                                       .summary = summary_action,
                                       .detect = detect_action,
                                       .benchmark = benchmark_action,
                                       .check = check_action,
                                       .test = test_action,
                                       .info = info_action,
                                       .set_threads = +[](int threads) { torch::set_num_threads(threads); }};
  return &actions;
}
