#include "detforge/models/losses/pisa_loss.h"

#include "detforge/boxes/bbox_overlaps.h"

namespace detforge {
namespace {

torch::Tensor positives_of(const PisaSamples& samples) {
  return ((samples.labels >= 0) & (samples.labels < samples.num_classes)).nonzero().reshape({-1});
}

/// The box codes [p, 4] of the positives, those of their class where each class has its own.
torch::Tensor codes_of(const PisaSamples& samples, const torch::Tensor& positive) {
  if (samples.bbox_pred.size(-1) <= 4) return samples.bbox_pred.index({positive});
  return samples.bbox_pred.view({samples.bbox_pred.size(0), -1, 4}).index({positive, samples.labels.index({positive})});
}

/// The object of each positive, numbered over the batch. As in MMDetection an image's numbers start after the last one of
/// the image before it, whatever came earlier.
torch::Tensor objects_of(const std::vector<SamplingResult>& sampled) {
  std::vector<torch::Tensor> all;
  std::int64_t first = 0;
  for (const SamplingResult& image : sampled) {
    all.push_back(image.pos_assigned_gt_inds + first);
    if (image.pos_assigned_gt_inds.numel() > 0) first = image.pos_assigned_gt_inds.max().item<std::int64_t>() + 1;
  }
  return torch::cat(all);
}

/// The place of each value in falling order.
torch::Tensor falling_rank(const torch::Tensor& values) { return values.argsort(0, /*descending=*/true).argsort().to(torch::kFloat); }

torch::Tensor members(const torch::Tensor& values, const torch::Tensor& wanted) { return (values == wanted).nonzero().view({-1}); }

torch::Tensor distinct(const torch::Tensor& values) { return std::get<0>(at::_unique(values)); }

}  // namespace

PisaCfg PisaCfg::from(const ConfigDict& config, const std::string& owner, const PisaCfg& defaults, const BuildContext& context) {
  struct Keys {
    std::optional<double> k, bias;
  };
  const Arguments<Keys> table = {arg(&Keys::k, "k", "power of the weight"), arg(&Keys::bias, "bias", "smallest weight before the power")};
  const Keys keys = options_from(owner, table, config.value(), context);
  return {keys.k.value_or(defaults.k), keys.bias.value_or(defaults.bias)};
}

torch::Tensor isr_p(const PisaSamples& samples, const torch::Tensor& priors, const std::vector<SamplingResult>& sampled, Loss& loss_cls,
                    const BBoxCoder& coder, const PisaCfg& cfg) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor positive = positives_of(samples);
  if (positive.numel() == 0) return samples.label_weights;
  const torch::Tensor labels = samples.labels.index({positive}), objects = objects_of(sampled), boxes = priors.index({positive});
  torch::Tensor ious =
      aligned_bbox_overlaps(coder.decode(boxes, codes_of(samples, positive)), coder.decode(boxes, samples.bbox_targets.index({positive})));
  const torch::Tensor old_weights = samples.label_weights.index({positive});
  torch::Tensor importance = old_weights.clone();
  const torch::Tensor most = torch::bincount(labels).max();
  const torch::Tensor classes = distinct(labels);
  for (std::int64_t c = 0; c < classes.size(0); ++c) {
    const torch::Tensor of_class = members(labels, classes[c]);
    const torch::Tensor objects_of_class = objects.index({of_class}), seen = distinct(objects_of_class);
    for (std::int64_t g = 0; g < seen.size(0); ++g) {
      const torch::Tensor of_object = of_class.index({objects_of_class == seen[g]});
      const torch::Tensor own = ious.index({of_object});
      ious.index_put_({of_object}, own + (most - falling_rank(own)));
    }
    const torch::Tensor rank = falling_rank(ious.index({of_class}));
    importance.index_put_({of_class}, importance.index({of_class}) * ((most - rank) / most));
  }
  importance = (cfg.bias + importance * (1 - cfg.bias)).pow(cfg.k);
  LossCall elementwise;
  elementwise.reduction = Reduction::None;
  torch::Tensor losses = loss_cls.forward(samples.cls_score.index({positive}), labels, elementwise);
  if (losses.dim() > 1) losses = losses.sum(1);
  importance = importance * ((losses * old_weights).sum() / (losses * importance).sum());
  return samples.label_weights.index_put({positive}, importance);
}

torch::Tensor carl_loss(const PisaSamples& samples, Loss& loss_bbox, double avg_factor, bool sigmoid, const PisaCfg& cfg) {
  const torch::Tensor positive = positives_of(samples);
  if (positive.numel() == 0) return samples.cls_score.sum().unsqueeze(0) * 0;
  const torch::Tensor scores = sigmoid ? samples.cls_score.sigmoid() : samples.cls_score.softmax(-1);
  const torch::Tensor right = scores.index({positive, samples.labels.index({positive})});
  const torch::Tensor raw = (cfg.bias + (1 - cfg.bias) * right).pow(cfg.k);
  const torch::Tensor weights = raw * (static_cast<double>(positive.numel()) / raw.sum());
  LossCall elementwise;
  elementwise.reduction = Reduction::None;
  const torch::Tensor losses = loss_bbox.forward(codes_of(samples, positive), samples.bbox_targets.index({positive}), elementwise);
  return (losses / avg_factor * weights.unsqueeze(1)).sum().unsqueeze(0);
}

}  // namespace detforge
