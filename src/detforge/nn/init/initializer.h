#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

/// Initialisers out of configs, as MMDetection 2.27's `init_cfg` names them:
/// `dict(type='Normal', std=0.01, layer='Conv2d', override=dict(name='conv_cls', bias_prob=0.01))`.
///
/// 2.8 wrote the same into each component's `init_weights`; here such a component has an init_cfg that it does not show.
namespace detforge::nn {

class Initializer {
 public:
  struct Options {
    double bias = 0;
    std::optional<double> bias_prob;
    std::optional<std::variant<std::string, std::vector<std::string>>> layer;
  };
  static Arguments<Options> arguments();

  explicit Initializer(const Options& options);
  virtual ~Initializer() = default;

  /// Fills the modules below `root`, itself too: with `everything` all of them, else those whose class, or its Python
  /// base, is one of `layer`.
  virtual void apply(Module& root, bool everything) const;

 protected:
  /// Fills one module.
  virtual void fill(Module& module) const = 0;
  /// What biases become: `bias`, or what `bias_prob` asks for.
  double bias() const { return bias_; }

 private:
  double bias_;
  std::vector<std::string> layers_;
};

Registry<Initializer>& initializers();

/// Fills `module` as `init_cfg` says, a dict or a list of them. Throws `Error` at the place in the config, also where an
/// `override` names no part of the module.
void initialize(Module& module, const Value& init_cfg, const PretrainedLoader& load_pretrained);

/// Whether `init_cfg` is that of a checkpoint, after which MMDetection leaves the children alone.
bool is_pretrained(const Value& init_cfg);

/// Fills a whole model: what Python's constructors leave behind, then MMDetection's `init_weights`. Without a loader,
/// parts that ask for pretrained weights keep the former.
void initialize_weights(Module& model, const PretrainedLoader& load_pretrained = {});

}  // namespace detforge::nn
