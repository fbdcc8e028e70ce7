#pragma once

#include "detforge/nn/foreign_weights.h"

namespace detforge {

/// Tensors of the official PVT and PVTv2 (github.com/whai362/PVT) under our names. Queries, keys and values are one tensor here, linear
/// layers of feed-forward networks are convolutions; the classifier with its token is left out.
nn::Tensors convert_official_pvt(const nn::Tensors& official);

}  // namespace detforge
