#pragma once

#include <torch/torch.h>

#include "detforge/data/image_meta.h"
#include "detforge/registry/registry.h"

namespace detforge {

/// What an assigner sees of one image. Every assigner reads the priors and the ground truth; of the rest each one reads what its
/// comment says and leaves the others undefined. Boxes are xyxy px of the network's input, B priors, G objects.
struct AssignInput {
  torch::Tensor priors = {};            ///< [B, 4] boxes, or [B, 3 or 4] points (x, y, stride)
  torch::Tensor gt_bboxes = {};         ///< [G, 4]
  torch::Tensor gt_bboxes_ignore = {};  ///< [K, 4]; undefined or empty: none
  torch::Tensor gt_labels = {};         ///< [G] int64; undefined where classes do not count

  std::vector<std::int64_t> num_level_priors = {};  ///< priors of each level, summing to B
  torch::Tensor box_responsible_flags = {};         ///< [B], nonzero where an object's centre lies in the prior's cell
  torch::Tensor approxs = {};                       ///< [B · approxs_per_octave, 4], those of a prior one after the other
  std::int64_t approxs_per_octave = 1;
  torch::Tensor cls_scores = {};      ///< [B, num_classes] as predicted
  torch::Tensor decoded_bboxes = {};  ///< [B, 4] as predicted
  ImageSize img_shape = {};           ///< px

  torch::Tensor mask_preds = {};  ///< [B, h, w] logits as predicted
  torch::Tensor gt_masks = {};    ///< [G, h, w] 0 or 1

  torch::Tensor valid_flags = {};             ///< [B] bool, of `PriorGenerator::valid_flags`
  std::vector<ImageSize> featmap_sizes = {};  ///< of each level
  std::vector<double> anchor_strides = {};    ///< of each level, px
  double anchor_scale = 0;                    ///< size of the anchors in strides
  double allowed_border = 0;                  ///< of `anchor_inside_flags`
  double alpha = 1, beta = 6;                 ///< exponents of score and overlap in TaskAlignedAssigner
};

/// Which object each prior belongs to.
struct AssignResult {
  std::int64_t num_gts = 0;
  torch::Tensor gt_inds = {};       ///< [B] int64: 0 background, -1 neither, i + 1 the i-th object
  torch::Tensor max_overlaps = {};  ///< [B] the overlap with that object; undefined where the assigner has none
  torch::Tensor labels = {};        ///< [B] int64, -1 where there is no object; undefined without `gt_labels`

  torch::Tensor shadowed_labels = {};      ///< CenterRegionAssigner: [M, 2] int64, a prior and a class that it is not held wrong for
  torch::Tensor assign_metrics = {};       ///< TaskAlignedAssigner: [B] how well score and overlap agree
  torch::Tensor pos_idx = {};              ///< UniformAssigner: [P] bool, which of the P matches are positive
  torch::Tensor pos_predicted_boxes = {};  ///< UniformAssigner: [P, 4] predictions that were matched
  torch::Tensor target_boxes = {};         ///< UniformAssigner: [P, 4] their objects

  /// Puts the objects themselves in front, each assigned to itself with an overlap of 1: `add_gt_as_proposals`.
  void add_gt(const torch::Tensor& gt_labels);
};

/// Assigns priors or predictions to objects.
class Assigner {
 public:
  virtual ~Assigner() = default;
  /// Throws `Error` when `input` lacks what this assigner reads.
  virtual AssignResult assign(const AssignInput& input) const = 0;
};

Registry<Assigner>& bbox_assigners();

/// The classes [B] of the objects that `gt_inds` [B] names, -1 where it names none; undefined where `gt_labels` is.
torch::Tensor assigned_labels(const torch::Tensor& gt_inds, const torch::Tensor& gt_labels);

/// What comes of an image without objects or priors: all of the `num_priors` priors are background. Overlaps are 0 and like `boxes`.
AssignResult assign_background(std::int64_t num_gts, std::int64_t num_priors, const torch::Tensor& boxes, const torch::Tensor& gt_labels);

}  // namespace detforge
