#pragma once

#include <torch/torch.h>

#include "detforge/registry/registry.h"

namespace detforge {

/// How much it costs to let a prediction stand for an object. Q predictions, G objects.
class MatchCost {
 public:
  struct Options {
    double weight = 1;
  };

  explicit MatchCost(const Options& options) : weight_(options.weight) {}
  virtual ~MatchCost() = default;

  /// [Q, G] times the weight, of predictions and objects as the cost's comment says.
  torch::Tensor operator()(const torch::Tensor& predictions, const torch::Tensor& objects) const {
    return cost(predictions, objects) * weight_;
  }
  double weight() const { return weight_; }

 protected:
  virtual torch::Tensor cost(const torch::Tensor& predictions, const torch::Tensor& objects) const = 0;

 private:
  double weight_;
};

Registry<MatchCost>& match_costs();

}  // namespace detforge
