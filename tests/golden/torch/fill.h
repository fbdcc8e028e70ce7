#pragma once

#include <torch/torch.h>

#include <functional>
#include <string_view>
#include <vector>

#include "detforge/nn/module.h"
#include "tests/support/golden.h"

/// The rule by which the numeric reference data fills weights and inputs: no checkpoint is needed.
namespace detforge::golden {

/// FNV-1a over the name, then SplitMix64 per element: numbers in [0, 1), float64, of that shape.
torch::Tensor uniform(std::string_view name, torch::IntArrayRef shape);

/// Every entry of the state_dict, whose names have `prefix` in front of them.
void fill(nn::Module& model, double gain, const std::string& prefix = {});

/// The image [N, 3, H, W] under that name: noise in blocks of 16 px and in pixels, not yet cut to the images' shapes.
torch::Tensor filled_image(std::string_view name, torch::IntArrayRef shape);

/// The rows of a tensor of `rows` rows that rounding alone may have put in the place of `row`.
using TiedRows = std::function<std::vector<std::int64_t>(std::int64_t row, std::int64_t rows)>;

/// The same tensor as the record says, sums and 64 sampled values, within `tolerance` of its largest recorded value. The values of a
/// row may all be those of one row that it is tied with.
void expect_tensor(const torch::Tensor& ours, const Json& record, double tolerance = 1e-4, const TiedRows& tied_rows = {});

}  // namespace detforge::golden
