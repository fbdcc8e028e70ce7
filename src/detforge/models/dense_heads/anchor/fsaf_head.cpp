#include <algorithm>
#include <limits>

#include "detforge/models/dense_heads/anchor/retina_head.h"
#include "detforge/models/losses/accuracy.h"

namespace detforge {

/// FSAF's anchor-free branch (arXiv 1903.00621): each object teaches only the level on which its loss is smallest. Its
/// losses come with the reduction `none`.
class FSAFHead : public RetinaHead {
 public:
  struct Options : RetinaHead::Options {
    std::optional<double> score_threshold;
    Options() { init_cfg = std::nullopt; }
  };
  static Arguments<Options> arguments() {
    return {RetinaHead::arguments(),
            arg(&Options::score_threshold, "score_threshold", "smallest score that counts as right where recall is shown")};
  }

  FSAFHead(const Options& options, const BuildContext& context)
      : RetinaHead("FSAFHead", with_init_cfg(options), context), score_threshold_(options.score_threshold) {}

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;

 protected:
  Prediction forward_single(const torch::Tensor& feature) override {
    Prediction prediction = RetinaHead::forward_single(feature);
    prediction.bbox_pred = torch::relu(prediction.bbox_pred);
    return prediction;
  }

 private:
  static Options with_init_cfg(Options options);

  /// The losses of one level, element by element.
  struct Level {
    torch::Tensor loss_cls;   ///< [n, classes]
    torch::Tensor loss_bbox;  ///< [n] or [n, 4]
    torch::Tensor objects;    ///< [n] index in the batch, -1: none
    torch::Tensor labels;     ///< [n]
  };
  /// [objects] the mean loss of each object's anchors; 1e6 where it has none.
  static torch::Tensor loss_of_objects(const Level& level, std::int64_t objects);

  std::optional<double> score_threshold_;
};

FSAFHead::Options FSAFHead::with_init_cfg(Options options) {
  if (options.init_cfg && !options.init_cfg->is_none()) return options;
  // A positive bias keeps boxes from having no area.
  options.init_cfg =
      Value::dict({{"type", "Normal"},
                   {"layer", "Conv2d"},
                   {"std", 0.01},
                   {"override", Value::list({Value::dict({{"type", "Normal"}, {"name", "retina_cls"}, {"std", 0.01}, {"bias_prob", 0.01}}),
                                             Value::dict({{"type", "Normal"}, {"name", "retina_reg"}, {"std", 0.01}, {"bias", 0.25}})})}});
  return options;
}

torch::Tensor FSAFHead::loss_of_objects(const Level& level, std::int64_t objects) {
  const torch::NoGradGuard no_grad;
  const auto per_anchor = [](const torch::Tensor& loss) { return loss.dim() == 2 ? loss.sum(-1) : loss; };
  const torch::Tensor loss = per_anchor(level.loss_cls) + per_anchor(level.loss_bbox);
  torch::Tensor of_objects = torch::full({objects}, 1e6, loss.options());
  for (std::int64_t i = 0; i < objects; ++i) {
    const torch::Tensor own = loss.index({level.objects == i});
    if (own.numel() > 0) of_objects[i] = own.mean();
  }
  return of_objects;
}

Losses FSAFHead::loss(const HeadOutputs& given, const Targets& targets) {
  HeadOutputs outputs = given;
  for (torch::Tensor& boxes : outputs.at(1)) boxes = boxes.clamp_min(1e-4);  // a box without area has no IoU
  BatchTargets batch = get_targets(outputs.at(0), targets);
  std::int64_t objects = 0;
  for (std::size_t image = 0; image < targets.size(); ++image) {
    AnchorTargets& of_image = batch.images[image];
    of_image.label_weights = of_image.label_weights.unsqueeze(1).repeat({1, cls_out_channels()});
    if (of_image.shadowed.defined() && of_image.shadowed.numel() > 0) {
      of_image.label_weights.index_put_({of_image.shadowed.select(1, 0), of_image.shadowed.select(1, 1)}, 0);
    }
    of_image.gt_inds = torch::where(of_image.gt_inds >= 0, of_image.gt_inds + objects, of_image.gt_inds);
    objects += targets.gt_labels[image].size(0);
  }
  const Losses elementwise = loss_by_level(outputs, batch);
  const auto inds = batch.levels(&AnchorTargets::gt_inds), labels = batch.levels(&AnchorTargets::labels);
  std::vector<Level> levels;
  std::vector<torch::Tensor> of_objects;
  for (std::size_t i = 0; i < inds.size(); ++i) {
    levels.push_back(
        {elementwise.find("loss_cls")->values[i], elementwise.find("loss_bbox")->values[i], inds[i].flatten(), labels[i].flatten()});
    of_objects.push_back(loss_of_objects(levels.back(), objects));
  }
  const torch::Tensor best = objects > 0 ? torch::stack(of_objects).argmin(0) : torch::zeros({0}, labels.front().options());
  std::vector<torch::Tensor> losses_cls, losses_bbox, pos_scores, pos_labels;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Level& level = levels[i];
    const torch::Tensor assigned = (level.objects >= 0).nonzero().squeeze(1);
    const torch::Tensor is_best = best.index({level.objects.index({assigned})}) == static_cast<std::int64_t>(i);
    const torch::Tensor positive = assigned.index({is_best}), dropped = assigned.index({is_best.logical_not()});
    // Of an object that another level learns only its own class is left out here; the other classes are background still.
    const torch::Tensor cls_weight = torch::ones_like(level.loss_cls).detach().index_put_({dropped, level.labels.index({dropped})}, 0);
    const torch::Tensor bbox_weight = torch::ones_like(level.loss_bbox).detach().index_put_({dropped}, 0);
    losses_cls.push_back((level.loss_cls * cls_weight).sum());
    losses_bbox.push_back((level.loss_bbox * bbox_weight).sum());
    pos_scores.push_back(by_anchor(outputs[0][i].detach(), num_classes()).flatten(0, 1).index({positive}));
    pos_labels.push_back(level.labels.index({positive}));
  }
  const torch::Tensor label = torch::cat(pos_labels);
  const auto num_pos = static_cast<double>(label.size(0));
  const double avg_factor = label.numel() == 0 ? static_cast<double>(batch.num_total_neg) : num_pos;
  for (torch::Tensor& loss : losses_cls) loss = loss / avg_factor;
  for (torch::Tensor& loss : losses_bbox) loss = loss / avg_factor;
  Losses losses;
  losses.set("loss_cls", std::move(losses_cls));
  losses.set("loss_bbox", std::move(losses_bbox));
  losses.set("num_pos", torch::tensor(num_pos / static_cast<double>(targets.size())));
  const torch::Tensor scores = torch::cat(pos_scores);
  losses.set("pos_recall", accuracy(use_sigmoid_cls() ? scores.sigmoid() : scores.softmax(1), label, {1},
                                    score_threshold_.value_or(-std::numeric_limits<double>::infinity()))
                               .front());
  return losses;
}

DETFORGE_REGISTER(heads, FSAFHead,
                  {.name = "FSAFHead",
                   .python = "mmdet.models.dense_heads.fsaf_head.FSAFHead",
                   .meaning = "each object teaches the level that suits it best"});

}  // namespace detforge
