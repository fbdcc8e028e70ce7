#pragma once

#include <span>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/models/dense_heads/parts/dense_head.h"
#include "detforge/models/heads.h"
#include "detforge/models/roi_heads/roi_outputs.h"
#include "detforge/models/training/losses.h"
#include "detforge/models/training/targets.h"

namespace detforge {

/// The second stage of a detector: features and proposals to classes, boxes and masks.
class RoIHead : public nn::Module {
 public:
  using nn::Module::Module;

  /// What the stages lose on those of the proposals that their samplers take. `proposals`: per image [P, 4 or 5], xyxy px of the
  /// network's input. Throws `Error` without a train_cfg.
  virtual Losses loss(const nn::Features& features, const Proposals& proposals, const Targets& targets) = 0;

  /// Detections per image, best first within what NMS keeps, with masks where the head has a mask head. `rescale` maps boxes and
  /// masks back to the original image. Throws `Error` without a test_cfg.
  virtual std::vector<Detections> predict(const nn::Features& features, const Proposals& proposals, std::span<const ImageMeta> metas,
                                          bool rescale) = 0;

  /// The detections of one image from several views of it (features and meta of each, every view a batch of one): `proposals` [P, 4
  /// or 5] in px of the original image. Throws `Error` for a head that does not merge views.
  virtual Detections aug_predict(std::span<const nn::Features> views, const torch::Tensor& proposals, std::span<const ImageMeta> metas,
                                 bool rescale);

  /// What the heads of every stage say of the same regions `rois` [N, 5] (image of the batch, xyxy px), masks of the first
  /// `max_masks` of them (below 0: of all): the head's dense parts, for comparison, counting and the compiler.
  virtual std::vector<RoIOutput> roi_outputs(const nn::Features& features, const torch::Tensor& rois, std::int64_t max_masks = -1) = 0;
};

/// [N, 5]: the image's place in the batch, then the first four columns of each image's boxes.
torch::Tensor bbox2roi(std::span<const torch::Tensor> boxes);

}  // namespace detforge
