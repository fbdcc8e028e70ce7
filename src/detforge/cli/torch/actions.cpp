#include "detforge/cli/torch/actions.h"

namespace detforge::cli {

std::shared_ptr<Detector> build_model(const Config& config, Reference reference) {
  const auto outer = [&](const char* key) { return config.contains(key) ? config[key] : Value(); };
  return build_detector(config["model"], outer("train_cfg"), outer("test_cfg"), {reference, "model"});
}

}  // namespace detforge::cli

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
