#pragma once

#include "detforge/models/losses/loss.h"
#include "detforge/models/training/losses.h"

namespace detforge {

/// A classification loss that decides itself what a RoI head's classifier gives and means; a head asks
/// `dynamic_cast<CustomClassifier*>(loss.get())`.
class CustomClassifier {
 public:
  virtual ~CustomClassifier() = default;
  /// Outputs of the classifier for so many classes; throws `Error` when the loss was made for another number.
  virtual std::int64_t cls_channels(std::int64_t num_classes) const = 0;
  /// Scores [N, num_classes + 1] of outputs [N, cls_channels].
  virtual torch::Tensor activation(const torch::Tensor& cls_score) const = 0;
  /// The accuracies to show, `acc_…`.
  virtual Losses accuracies(const torch::Tensor& cls_score, const torch::Tensor& labels) const = 0;
  /// Several losses instead of one, where the config asks for that; else one named `loss_cls`.
  virtual Losses losses_of(const torch::Tensor& cls_score, const torch::Tensor& labels, const LossCall& call) = 0;
};

}  // namespace detforge
