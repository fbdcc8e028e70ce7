#pragma once

#include "detforge/nn/module.h"

namespace detforge::nn {

/// PyTorch's `Embedding`: a learnt row for each of a number of things.
class Embedding : public Module {
 public:
  Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim) : Module("Embedding") {
    weight_ = register_parameter("weight", torch::empty({num_embeddings, embedding_dim}));
  }

  /// [num_embeddings, embedding_dim]
  const torch::Tensor& weight() const { return weight_; }

  std::string extra_repr() const override { return std::to_string(weight_.size(0)) + ", " + std::to_string(weight_.size(1)); }
  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    weight_.normal_();
  }

 private:
  torch::Tensor weight_;
};

}  // namespace detforge::nn
