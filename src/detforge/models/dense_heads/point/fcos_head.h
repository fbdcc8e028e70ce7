#pragma once

#include "detforge/models/dense_heads/point/anchor_free_head.h"
#include "detforge/nn/layers/scale.h"

namespace detforge {

/// FCOS's head (arXiv 1904.01355): at each point class scores, the distances to the four sides of its box, and how much in
/// the middle of the box it is.
class FCOSHead : public AnchorFreeHead {
 public:
  struct Options : AnchorFreeHead::Options {
    std::vector<std::array<double, 2>> regress_ranges = {{-1, 64}, {64, 128}, {128, 256}, {256, 512}, {512, 1e8}};
    bool center_sampling = false;
    double center_sample_radius = 1.5;
    bool norm_on_bbox = false;
    bool centerness_on_reg = false;
    ConfigDict loss_centerness = {{"type", "CrossEntropyLoss"}, {"use_sigmoid", true}, {"loss_weight", 1.0}};
    Options();
  };
  static Arguments<Options> arguments();

  FCOSHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  /// Without layers.
  FCOSHead(std::string python_name, const Options& options, const BuildContext& context);
  /// `conv_centerness` and `scales`, in Python's order after the others.
  void init_centerness_and_scales();
  void init_loss_centerness();

  HeadOutputs compute(const nn::Features& features) override;
  /// The distances to the sides, px while predicting, that a level's scaled predictions mean.
  virtual torch::Tensor distances(const torch::Tensor& predictions, std::size_t level) const;
  std::vector<kernels::Candidates> decode(const HeadOutputs& outputs, std::span<const ImageMeta> metas) override {
    return decode_points(outputs.at(0), outputs.at(1), &outputs.at(2), metas);
  }
  const Options& options() const { return options_; }

 private:
  Options options_;
  BuildContext context_;
  std::shared_ptr<nn::Conv2d> conv_centerness_;
  std::shared_ptr<nn::ModuleList<nn::Scale>> scales_;
  std::shared_ptr<Loss> loss_centerness_;
};

/// What points should have said as FCOS sees it.
struct PointTargets {
  torch::Tensor labels;        ///< [P] int64; `num_classes` for background
  torch::Tensor bbox_targets;  ///< [P, 4] distances to the sides in px
};

struct PointTargetRules {
  std::int64_t num_classes = 0;
  bool center_sampling = false;       ///< only points near the middle of an object count
  double center_sample_radius = 1.5;  ///< how near, in strides
};

/// The smallest object that each point lies in and whose largest distance lies in the point's range. `points` [P, 4] (x, y,
/// stride, stride), `ranges` [P, 2] px.
PointTargets point_targets(const torch::Tensor& points, const torch::Tensor& ranges, const torch::Tensor& gt_bboxes,
                           const torch::Tensor& gt_labels, const PointTargetRules& rules);

/// How much in the middle points are whose distances to the sides are given [P, 4]: [P] in (0, 1].
torch::Tensor centerness_target(const torch::Tensor& distances);

}  // namespace detforge
