#pragma once

#include <memory>
#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/nn/module.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// A whole model: normalised images to detections.
class Detector : public nn::Module {
 public:
  using nn::Module::Module;
  /// The dense part alone (backbone, neck, head), as MMDetection's `forward_dummy`: [N, 3, H, W] → the head's outputs.
  HeadOutputs forward(const torch::Tensor& images) {
    return nn::observed(*this, {&images, 1}, [&] { return compute(images); });
  }
  /// `images` [N, 3, H, W] as the test pipeline gives them, one meta per image. Set `eval()` and a no-grad guard around it.
  virtual std::vector<Detections> predict(const torch::Tensor& images, std::span<const ImageMeta> metas, bool rescale = true) = 0;
  /// The same from given `proposals`, per image [P, 4 or 5], px of the input. Throws `Error` for a detector that finds its own.
  virtual std::vector<Detections> predict_from_proposals(const torch::Tensor& images, std::span<const ImageMeta> metas,
                                                         const Proposals& proposals, bool rescale = true);
  /// One training step's losses, with their graph. Set `train()` before.
  virtual Losses loss(const torch::Tensor& images, const Targets& targets) = 0;
  /// The detections of one image from several views of it (each [1, 3, H_i, W_i], with its meta), merged as MMDetection's
  /// `aug_test` does. Throws `Error` for a detector that does not merge views.
  virtual Detections aug_predict(std::span<const torch::Tensor> views, std::span<const ImageMeta> metas, bool rescale = true);

 protected:
  virtual HeadOutputs compute(const torch::Tensor& images) = 0;
};

Registry<Detector>& detectors();

/// The detector that `config` (a model's dict) describes. As in MMDetection, `train_cfg` and `test_cfg` may stand
/// beside the model instead of in it; None means absent. Throws `Error` with the place in the config.
std::shared_ptr<Detector> build_detector(const Value& config, const Value& train_cfg = {}, const Value& test_cfg = {},
                                         const BuildContext& context = {Reference::V2_8, "model"});

}  // namespace detforge
