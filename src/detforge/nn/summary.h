#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "detforge/nn/module.h"

/// What a model costs, module by module, from one eager forward on zeros.
namespace detforge::nn {

struct ModuleCost {
  std::string name;                   ///< `backbone.conv1`; empty for the model itself
  std::string type;                   ///< `ConvModule`
  int depth = 0;                      ///< 0 for the model itself
  std::int64_t parameters = 0;        ///< of the module and its children; a shared tensor counts once
  std::int64_t trainable = 0;         ///< those with requires_grad
  std::int64_t multiply_adds = 0;     ///< of the module and its children, over all calls
  std::int64_t activation_bytes = 0;  ///< of the results of the leaves below, over all calls
  int calls = 0;
  std::vector<std::vector<std::int64_t>> output_shapes;  ///< of the last call
};

/// The modules in the order of print(model), each parent before its children. Runs `forward` in eval mode without
/// gradients and counts what `Module::multiply_adds` says: as mmcv's flops counter, a multiply–add is one.
/// The model's training mode is restored.
std::vector<ModuleCost> summarize(Module& model, const std::function<void()>& forward);

}  // namespace detforge::nn
