#pragma once

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Features to features: mixes the levels of a backbone, [N, C_i, H_i, W_i] each.
class Neck : public nn::Module {
 public:
  using nn::Module::Module;
  nn::Features forward(const nn::Features& features) {
    return nn::observed(*this, features, [&] { return compute(features); });
  }

 protected:
  virtual nn::Features compute(const nn::Features& features) = 0;
};

Registry<Neck>& necks();

/// The neck that `config` describes. Throws `Error` with the place in the config.
std::shared_ptr<Neck> build_neck(const Value& config, const BuildContext& context = {});

}  // namespace detforge
