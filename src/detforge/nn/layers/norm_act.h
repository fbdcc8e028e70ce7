#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// `act(norm(input) + residual)`, the last two where they are given; `input` may be overwritten. A batch norm in evaluation with at most
/// a ReLU behind it is one pass over memory when nothing needs a gradient, nobody watches layers, and channels come last.
torch::Tensor norm_act(Layer& norm, Layer* act, torch::Tensor input, const torch::Tensor& residual = {});

}  // namespace detforge::nn
