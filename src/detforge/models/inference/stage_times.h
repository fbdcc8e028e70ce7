#pragma once

#include <array>
#include <chrono>
#include <map>

#include "detforge/models/detectors/detector.h"

namespace detforge {

/// Where a detector spends its time: watches forward passes of the thread (`nn::ObserverGuard`) and adds up the wall time of each
/// stage. What lies outside of all of them (decoding, NMS, pasting masks) is the caller's to find out.
class StageTimes : public nn::ForwardObserver {
 public:
  enum Stage { BackboneAndNeck, Heads, RoI, StageCount };
  using Seconds = std::array<double, StageCount>;

  explicit StageTimes(const Detector& model);

  bool sees_layers() const override { return false; }
  void enter(const nn::Module& module) override;
  void leave(const nn::Module& module, std::span<const torch::Tensor> inputs, std::span<const torch::Tensor> outputs) override;

  /// Since the last call.
  Seconds take();

 private:
  using Clock = std::chrono::steady_clock;

  std::map<const torch::nn::Module*, Stage> stages_;
  int depth_ = 0;  // modules of a stage that are running
  Clock::time_point begin_;
  Seconds seconds_{};
};

}  // namespace detforge
