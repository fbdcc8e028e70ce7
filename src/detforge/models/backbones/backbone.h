#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Image to features: [N, 3, H, W] → one [N, C_i, H / s_i, W / s_i] per output level.
class Backbone : public nn::Module {
 public:
  using nn::Module::Module;
  /// Throws `Error` for another number of dimensions or channels.
  nn::Features forward(const torch::Tensor& image) {
    check(image);
    return nn::observed(*this, {&image, 1}, [&] { return compute(image); });
  }

 protected:
  virtual nn::Features compute(const torch::Tensor& image) = 0;

  /// What the argument `in_channels` says, where there is one; else an image has 3.
  void expect_in_channels(std::int64_t channels) { in_channels_ = channels; }

 private:
  void check(const torch::Tensor& image) const;

  std::optional<std::int64_t> in_channels_;
};

Registry<Backbone>& backbones();

/// The backbone that `config` describes. Throws `Error` with the place in the config.
std::shared_ptr<Backbone> build_backbone(const Value& config, const BuildContext& context = {});

}  // namespace detforge
