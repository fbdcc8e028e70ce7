#pragma once

#include <map>
#include <optional>
#include <string>

#include <torch/torch.h>

namespace detforge::nn {

/// Tensors by name.
using Tensors = std::map<std::string, torch::Tensor>;

/// A module that begins with weights which other code than MMDetection may have saved.
class ForeignWeights {
 public:
  virtual ~ForeignWeights() = default;
  /// The module's tensors, as far as they are there, out of those of a `pretrained` checkpoint.
  virtual Tensors take_up(Tensors saved) const = 0;
};

}  // namespace detforge::nn
