#pragma once

#include <torch/torch.h>

#include "detforge/registry/build_context.h"
#include "tests/golden/torch/skip.h"

/// The records of `numerics/_ops.json.gz`: operators, coders, priors and losses alone, on inputs that are written out.
namespace detforge::golden {

/// The version of MMDetection that made the records.
BuildContext ops_context();

/// A nested list of numbers, of at least one dimension or a single number.
torch::Tensor tensor_from(const Json& json, torch::ScalarType type = torch::kFloat);

/// `ours` has the numbers of `json`, up to `tolerance` of the largest of them (or of 1).
void expect_near(const torch::Tensor& ours, const Json& json, double tolerance);

/// One case `Numerics._ops_<key>_<name(record)>` for each record below `key` that has a name.
void add_ops_cases(const std::string& key, const std::function<std::string(const Json& record)>& name,
                   const std::function<void(const Json& record)>& check);

}  // namespace detforge::golden
