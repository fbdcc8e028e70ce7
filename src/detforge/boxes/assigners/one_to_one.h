#pragma once

#include "detforge/boxes/assigners/assigner.h"

namespace detforge {

/// Gives every object the prediction, and every prediction one object at most, so that the sum of `cost` [Q, G] is the least; the others
/// are background. Labels are always given.
AssignResult assign_one_to_one(const torch::Tensor& cost, const torch::Tensor& gt_labels);

}  // namespace detforge
