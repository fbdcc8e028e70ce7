#pragma once

#include "detforge/models/heads.h"

namespace detforge {

/// What a semantic head says of a batch.
struct SemanticOutputs {
  torch::Tensor mask_pred;  ///< [N, classes, H, W] before the softmax
  torch::Tensor feat;       ///< [N, C, H, W]
};

inline void append_tensors(const SemanticOutputs& outputs, std::vector<torch::Tensor>& all) {
  all.push_back(outputs.mask_pred);
  all.push_back(outputs.feat);
}

/// A head beside the stages of a cascade that segments the whole image, and whose features the stages use.
class SemanticHead : public nn::Module {
 public:
  using nn::Module::Module;

  /// `features` of all levels.
  SemanticOutputs forward(const nn::Features& features) {
    return nn::observed(*this, features, [&] { return compute(features); });
  }
  /// A scalar; `labels` [N, 1, H, W] int64.
  virtual torch::Tensor loss(const torch::Tensor& mask_pred, const torch::Tensor& labels) = 0;

 protected:
  virtual SemanticOutputs compute(const nn::Features& features) = 0;
};

}  // namespace detforge
