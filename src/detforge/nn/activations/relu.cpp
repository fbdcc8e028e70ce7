#include "detforge/nn/activations/relu.h"

namespace detforge::nn {

DETFORGE_REGISTER(activation_layers, ReLU, {.name = "ReLU", .python = "torch.nn.modules.activation.ReLU", .meaning = "max(x, 0)"});

}  // namespace detforge::nn
