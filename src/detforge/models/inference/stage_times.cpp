#include "detforge/models/inference/stage_times.h"

#include <utility>

namespace detforge {

StageTimes::StageTimes(const Detector& model) {
  for (const auto& child : model.named_children()) {
    const std::string& name = child.key();
    const Stage stage = name == "backbone" || name == "neck" ? BackboneAndNeck : name == "roi_head" ? RoI : Heads;
    for (const auto& module : child.value()->modules()) stages_[module.get()] = stage;
  }
}

void StageTimes::enter(const nn::Module& module) {
  if (stages_.contains(&module) && depth_++ == 0) begin_ = Clock::now();
}

void StageTimes::leave(const nn::Module& module, std::span<const torch::Tensor>, std::span<const torch::Tensor>) {
  const auto found = stages_.find(&module);
  if (found == stages_.end() || --depth_ > 0) return;
  seconds_[found->second] += std::chrono::duration<double>(Clock::now() - begin_).count();
}

StageTimes::Seconds StageTimes::take() { return std::exchange(seconds_, {}); }

}  // namespace detforge
