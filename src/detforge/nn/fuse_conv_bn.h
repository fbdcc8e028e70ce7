#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// mmcv's `fuse_conv_bn`: takes each batch norm that follows a convolution among the children of one module into the convolution's weights
/// and leaves nothing for it to do. For evaluation only, and once: the state_dict is no longer that of the checkpoint. How many there
/// were.
std::size_t fuse_conv_bn(torch::nn::Module& module);

}  // namespace detforge::nn
