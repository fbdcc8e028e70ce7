#pragma once

#include "detforge/nn/foreign_weights.h"
#include "detforge/nn/module.h"

namespace detforge {

/// Tensors of the official Swin (github.com/microsoft/Swin-Transformer) under our names. It merges patches column by column, we row by
/// row with the channels outside; its classifier is left out.
nn::Tensors convert_official_swin(const nn::Tensors& official);

/// Makes biases of relative positions and the absolute positions fit those of `model`: the former are interpolated where its windows
/// are larger or smaller, the latter become a map.
void fit_swin_positions(const std::vector<nn::NamedTensor>& model, nn::Tensors& tensors);

}  // namespace detforge
