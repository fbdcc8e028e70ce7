#pragma once

#include <variant>

#include "detforge/models/blocks/expected_levels.h"
#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// Features to features: mixes the levels of a backbone, [N, C_i, H_i, W_i] each.
class Neck : public nn::Module {
 public:
  using nn::Module::Module;
  /// Throws `Error` for another number of levels or channels than the arguments say.
  nn::Features forward(const nn::Features& features) {
    if (expected_) expected_->check(python_name(), features);
    return nn::observed(*this, features, [&] { return compute(features); });
  }

 protected:
  virtual nn::Features compute(const nn::Features& features) = 0;

  /// What `forward` takes; a constructor says it.
  void expect(ExpectedLevels levels) { expected_ = std::move(levels); }

 private:
  std::optional<ExpectedLevels> expected_;  // none: what necks inside of this one expect
};

Registry<Neck>& necks();

/// One neck, or several that follow each other.
using NeckConfig = std::variant<ConfigDict, std::vector<ConfigDict>>;

/// The neck that `config` describes, a dict or a list of them. Throws `Error` with the place in the config.
std::shared_ptr<Neck> build_neck(const Value& config, const BuildContext& context = {});
std::shared_ptr<Neck> build_neck(const NeckConfig& config, const BuildContext& context = {});

}  // namespace detforge
