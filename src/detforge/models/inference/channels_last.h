#pragma once

#include <torch/torch.h>

namespace detforge {

/// Lays the weights of every convolution out as [out, h, w, in], so that a forward pass on images in the same layout
/// reorders nothing. Names, shapes and values stay.
void to_channels_last(torch::nn::Module& model);

}  // namespace detforge
