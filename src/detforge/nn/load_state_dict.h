#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/checkpoint/checkpoint.h"
#include "detforge/nn/module.h"

namespace detforge::nn {

/// How a checkpoint and a model differ.
struct LoadReport {
  struct Mismatch {
    std::string name;
    std::vector<std::int64_t> in_checkpoint;
    std::vector<std::int64_t> in_model;
  };
  std::vector<std::string> missing;     ///< in the model only; batch norms' counters do not count
  std::vector<std::string> unexpected;  ///< in the checkpoint only
  std::vector<Mismatch> mismatched;     ///< of another shape; such tensors stay as they were

  std::size_t counted = 0;  ///< tensors of the model, batch norms' counters left out
  std::size_t fitting = 0;  ///< those of them that the checkpoint has in their shape

  bool empty() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
  /// A table for people; empty where there is nothing to tell.
  std::string text() const;
};

/// Fills the model with the checkpoint's weights, as mmcv's `load_checkpoint`: by name, in the model's types. Where
/// `strict`, any difference but a missing counter throws `Error`, and the model is unchanged. With a `prefix`
/// (`backbone.`) only the tensors below it count, without it. A ConvAWS whose `weight_gamma` and `weight_beta` are
/// missing takes them from the weight that it gets. Prefixes of wrappers (`module.`, `model.`, wrapper_prefix.h) that the model's own names
/// do not begin with come off. What older versions of MMDetection saved is understood
/// (old_checkpoints.h).
LoadReport load_state_dict(Module& model, const Checkpoint& checkpoint, bool strict = false, const std::string& prefix = "");

/// Refuses, as an `Error`, weights with which a model's results mean nothing: where no tensor fits, and unless `partial`, less than half.
void require_fit(const LoadReport& report, bool partial);

/// Fills `module` from the checkpoint that `source` means, as `find_checkpoint` finds it; the prefix may end in a dot or
/// not. A module with ForeignWeights makes its own of them first. Throws `Error` where there is none, or where nothing in it lies below
/// the prefix.
LoadReport load_pretrained(Module& module, const Pretrained& source);

/// A part of a model that began with a checkpoint's weights.
struct LoadedPart {
  std::string type;        ///< `ResNet`
  std::string checkpoint;  ///< as the config says it
  LoadReport report;
};

/// What training starts from: MMDetection's initialisation from `seed`, with the weights that `pretrained` and
/// `init_cfg=dict(type='Pretrained', …)` ask for. Throws `Error` where such weights are not to be found.
std::vector<LoadedPart> init_weights(Module& model, std::uint64_t seed);

}  // namespace detforge::nn
