#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "detforge/checkpoint/checkpoint.h"
#include "detforge/nn/module.h"

/// Weights that an older MMDetection saved, as today's models know them. What 2.x itself leaves to a tool
/// (`upgrade_model_version.py`, `upgrade_ssd_version.py`) is done where such weights are loaded.
namespace detforge::nn {

/// A tensor of a checkpoint, or its rows in another order: parts one after the other along the first dimension, at least one.
struct Weight {
  std::vector<TensorView> parts;

  DType dtype() const { return parts.front().dtype(); }
  std::vector<std::int64_t> shape() const;
};

/// By name.
using Weights = std::map<std::string, Weight>;

/// The first number of the MMDetection version in a checkpoint's meta; none where that says nothing.
std::optional<int> mmdet_major_version(const Checkpoint& checkpoint);

/// Names of before MMDetection 2.0, SSD's of before 2.12, and those of 2.8's DETR become those that the model has. The second stage's heads
/// of before 2.0, and where `major_version` is below 2 SSD's too, put the background first: it goes last among the scores and away from
/// boxes and masks. What has no older form stays as it is.
void take_up_old_weights(const std::vector<NamedTensor>& model, std::optional<int> major_version, Weights& weights);

}  // namespace detforge::nn
