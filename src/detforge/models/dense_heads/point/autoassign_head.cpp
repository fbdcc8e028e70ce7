#include <algorithm>

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/bbox_transforms.h"
#include "detforge/models/dense_heads/anchor/anchor_targets.h"
#include "detforge/models/dense_heads/point/fcos_head.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge {
namespace {

constexpr double autoassign_eps = 1e-12;

}  // namespace

/// Where in an object the points lie that matter: a Gaussian around its middle, whose centre and width are learnt for each class.
class CenterPrior : public nn::Module {
 public:
  struct Options {
    std::int64_t num_classes = 0;
    bool force_topk = false;
    std::int64_t topk = 9;
  };
  explicit CenterPrior(const Options& options) : Module("CenterPrior"), options_(options) {
    mean_ = register_parameter("mean", torch::empty({options.num_classes, 2}));
    sigma_ = register_parameter("sigma", torch::empty({options.num_classes, 2}));
  }

  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    mean_.zero_();
    sigma_.fill_(1);
  }

  struct Weights {
    torch::Tensor weights;  ///< [P, G], 0 where the point does not count for the object
    torch::Tensor inside;   ///< [P, G] bool: whether it does
  };
  /// Of points [P, 4] (x, y, stride, stride) for objects [G, 4] of these classes [G], given which points lie in which objects [P, G].
  Weights forward(const torch::Tensor& points, const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels, torch::Tensor inside) const {
    const torch::Tensor middles = bbox_xyxy_to_cxcywh(gt_bboxes).slice(1, 0, 2).unsqueeze(0);
    const torch::Tensor offsets = (points.slice(1, 0, 2).unsqueeze(1) - middles) / points.slice(1, 2, 4).unsqueeze(1);
    const torch::Tensor distances = (offsets - mean_.index({gt_labels})).square();
    const torch::Tensor weights = (-distances / (2 * sigma_.index({gt_labels}).square())).exp().prod(-1);
    if (options_.force_topk) inside = with_best_points(inside, weights);
    return {weights.masked_fill(inside.logical_not(), 0), inside};
  }

  torch::Tensor zero() const { return (mean_.sum() + sigma_.sum()) * 0; }

 private:
  /// Objects in which no point lies get their best ones.
  torch::Tensor with_best_points(const torch::Tensor& inside, const torch::Tensor& weights) const {
    const torch::Tensor best = std::get<1>(weights.topk(std::min(options_.topk, weights.size(0)), 0));
    const torch::Tensor is_empty = inside.any(0).logical_not().unsqueeze(0).expand_as(best);
    return inside.scatter(0, best, inside.gather(0, best) | is_empty);
  }

  Options options_;
  torch::Tensor mean_;   // [num_classes, 2] (x, y) in strides
  torch::Tensor sigma_;  // [num_classes, 2]
};

/// AutoAssign's head (arXiv 2007.03496): FCOS's, where every point in an object counts for it as much as its predictions and its place
/// say; the third output is how likely there is any object.
class AutoAssignHead : public FCOSHead {
 public:
  struct Options : FCOSHead::Options {
    bool force_topk = false;
    std::int64_t topk = 9;
    double pos_loss_weight = 0.25;
    double neg_loss_weight = 0.75;
    double center_loss_weight = 0.75;
  };
  static Arguments<Options> arguments();

  AutoAssignHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  torch::Tensor distances(const torch::Tensor& predictions, std::size_t level) const override {
    return predictions.clamp_min(0) * strides()[level];
  }
  double point_offset() const override { return 0; }

 private:
  static FCOSHead::Options as_fcos(FCOSHead::Options options) {
    options.conv_bias = true;
    options.centerness_on_reg = true;
    return options;
  }
  /// What is known of one image: P points, G objects.
  struct Image {
    torch::Tensor cls_scores;       ///< [P, classes] probabilities, with that of any object
    torch::Tensor gt_labels;        ///< [G]
    torch::Tensor reg_losses = {};  ///< [P, G]
    torch::Tensor ious = {};        ///< [P] the largest with any object
    CenterPrior::Weights prior = {};
  };
  Image look_at(const torch::Tensor& cls_scores, const torch::Tensor& bbox_preds, const torch::Tensor& points,
                const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels);
  static torch::Tensor positive_loss(const Image& image);
  static torch::Tensor negative_loss(const Image& image);
  static torch::Tensor center_loss(const Image& image);

  Options options_;
  std::shared_ptr<CenterPrior> center_prior_;
};

Arguments<AutoAssignHead::Options> AutoAssignHead::arguments() {
  const Arguments<Options> all = {FCOSHead::arguments(),
                                  arg(&Options::force_topk, "force_topk", "objects in which no point lies get those next to their middle"),
                                  arg(&Options::topk, "topk", "how many such points").at_least(1),
                                  arg(&Options::pos_loss_weight, "pos_loss_weight", "factor of the loss of objects"),
                                  arg(&Options::neg_loss_weight, "neg_loss_weight", "factor of the loss of the background"),
                                  arg(&Options::center_loss_weight, "center_loss_weight", "factor of the loss of the places in objects")};
  return all.without({"conv_bias"});
}

AutoAssignHead::AutoAssignHead(const Options& options, const BuildContext& context)
    : FCOSHead("AutoAssignHead", as_fcos(options), context), options_(options) {
  init_layers();
  init_centerness_and_scales();
  init_loss_centerness();
  center_prior_ =
      register_module("center_prior", std::make_shared<CenterPrior>(CenterPrior::Options{num_classes(), options.force_topk, options.topk}));
}

void AutoAssignHead::init_weights(const nn::PretrainedLoader& load_pretrained) {
  FCOSHead::init_weights(load_pretrained);
  nn::normal_init(*part("conv_cls"), 0, 0.01, nn::bias_init_with_prob(0.02));
  nn::normal_init(*part("conv_reg"), 0, 0.01, 4.0);
}

AutoAssignHead::Image AutoAssignHead::look_at(const torch::Tensor& cls_scores, const torch::Tensor& bbox_preds, const torch::Tensor& points,
                                              const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) {
  const std::int64_t count = points.size(0), objects = gt_bboxes.size(0);
  const auto for_each_object = [&](const torch::Tensor& rows) {
    return rows.unsqueeze(1).expand({count, objects, rows.size(1)}).reshape({-1, rows.size(1)});
  };
  const torch::Tensor places = for_each_object(points), all_objects = gt_bboxes.repeat({count, 1});
  const torch::Tensor wanted = bbox2distance(places, all_objects);
  const torch::Tensor decoded = bbox_coder().decode(places, for_each_object(bbox_preds)), targets = bbox_coder().decode(places, wanted);
  LossCall elementwise;
  elementwise.reduction = Reduction::None;
  Image image{.cls_scores = cls_scores, .gt_labels = gt_labels};
  image.reg_losses = loss_bbox().forward(decoded, targets, elementwise).reshape({count, objects});
  const torch::Tensor ious = aligned_bbox_overlaps(decoded.detach(), targets).reshape({count, objects});
  image.ious = objects > 0 ? ious.amax(1) : torch::zeros({count}, points.options());
  image.prior = center_prior_->forward(points, gt_bboxes, gt_labels, wanted.amin(-1).reshape({count, objects}) > 0);
  return image;
}

torch::Tensor AutoAssignHead::positive_loss(const Image& image) {
  constexpr double sharpness = 3;  // how much more the points count that are sure of themselves
  const torch::Tensor confidence = image.cls_scores.index_select(1, image.gt_labels) * (-image.reg_losses).exp();
  const torch::Tensor weights = (confidence * sharpness).exp() * image.prior.weights;
  const torch::Tensor shares = weights / weights.sum(0, /*keepdim=*/true).clamp_min(autoassign_eps);
  const torch::Tensor of_objects = (confidence * shares).sum(0).clamp_max(1);  // rounding may put it above
  return torch::binary_cross_entropy(of_objects, torch::ones_like(of_objects), {}, at::Reduction::Sum);
}

torch::Tensor AutoAssignHead::negative_loss(const Image& image) {
  torch::Tensor weights = torch::ones_like(image.cls_scores);
  for (std::int64_t object = 0; object < image.gt_labels.size(0); ++object) {
    const torch::Tensor inside = image.prior.inside.select(1, object).nonzero().squeeze(1);
    if (inside.numel() == 0) continue;
    const torch::Tensor goodness = 1 / (1 - image.ious.index({inside})).clamp_min(autoassign_eps), least = goodness.min();
    const torch::Tensor of_best = (goodness - least + autoassign_eps) / (goodness.max() - least + autoassign_eps);
    weights.index_put_({inside, image.gt_labels[object]}, 1 - of_best);
  }
  const torch::Tensor wrong = image.cls_scores * weights;
  return (wrong.square() * torch::binary_cross_entropy(wrong, torch::zeros_like(wrong), {}, at::Reduction::None)).sum();
}

torch::Tensor AutoAssignHead::center_loss(const Image& image) {
  const torch::Tensor sum = image.prior.weights.sum();
  if (!image.prior.inside.any().item<bool>()) return sum * 0;
  return static_cast<double>(image.gt_labels.size(0)) / sum.clamp_min(autoassign_eps);
}

Losses AutoAssignHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const torch::Tensor bbox_preds = by_anchor(outputs.at(1), 4);
  const torch::Tensor objectness = by_anchor(outputs.at(2), 1).sigmoid();
  const torch::Tensor cls_scores = by_anchor(outputs.at(0), cls_out_channels()).sigmoid() * objectness;
  const torch::Tensor points = torch::cat(grid_points_of(outputs.at(0)));
  std::vector<torch::Tensor> positive, negative, center;
  std::int64_t objects = 0;
  double prior_sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const Image image = look_at(cls_scores[row], bbox_preds[row], points, targets.gt_bboxes[i], targets.gt_labels[i]);
    positive.push_back(positive_loss(image));
    negative.push_back(negative_loss(image));
    center.push_back(center_loss(image));
    objects += image.gt_labels.size(0);
    prior_sum += image.prior.weights.sum().item<double>();
  }
  const auto mean = [](const std::vector<torch::Tensor>& of_images, double count) {
    return torch::stack(of_images).sum() / std::max(count, 1.0);
  };
  Losses losses;
  const bool any = objects > 0;
  losses.set("loss_pos", any ? options_.pos_loss_weight * mean(positive, static_cast<double>(objects)) : bbox_preds.sum() * 0);
  losses.set("loss_neg", options_.neg_loss_weight * mean(negative, prior_sum));
  losses.set("loss_center", any ? options_.center_loss_weight * torch::stack(center).mean() : objectness.sum() * 0 + center_prior_->zero());
  return losses;
}

DETFORGE_REGISTER(heads, AutoAssignHead,
                  {.name = "AutoAssignHead",
                   .python = "mmdet.models.dense_heads.autoassign_head.AutoAssignHead",
                   .meaning = "points whose share in an object is learnt",
                   .since = Reference::V2_27});

}  // namespace detforge
