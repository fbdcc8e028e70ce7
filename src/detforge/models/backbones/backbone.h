#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Image to features: [N, 3, H, W] → one [N, C_i, H / s_i, W / s_i] per output level.
class Backbone : public nn::Module {
 public:
  using nn::Module::Module;
  nn::Features forward(const torch::Tensor& image) {
    return nn::observed(*this, {&image, 1}, [&] { return compute(image); });
  }

 protected:
  virtual nn::Features compute(const torch::Tensor& image) = 0;
};

Registry<Backbone>& backbones();

/// The backbone that `config` describes. Throws `Error` with the place in the config.
std::shared_ptr<Backbone> build_backbone(const Value& config, const BuildContext& context = {});

}  // namespace detforge
