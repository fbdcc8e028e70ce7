#include <algorithm>

#include "detforge/boxes/map_flip.h"
#include "detforge/models/dense_heads/corner/must_be_odd.h"
#include "detforge/models/dense_heads/parts/dense_box_head.h"
#include "detforge/models/dense_heads/parts/stacked_convs.h"
#include "detforge/models/losses/loss.h"
#include "detforge/models/training/gaussian_target.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/postprocess/center_detections.h"

namespace detforge {

/// CenterNet's head (arXiv 1904.07850): objects are peaks of a heat map. One feature [N, in_channel, H, W] → probabilities of middles
/// [N, num_classes, H, W], widths and heights [N, 2, H, W] and offsets of the middles [N, 2, H, W], both in places.
class CenterNetHead : public DenseHead {
 public:
  struct Options {
    std::int64_t in_channel = 0;
    std::int64_t feat_channel = 0;
    std::int64_t num_classes = 0;
    ConfigDict loss_center_heatmap = {{"type", "GaussianFocalLoss"}, {"loss_weight", 1.0}};
    ConfigDict loss_wh = {{"type", "L1Loss"}, {"loss_weight", 0.1}};
    ConfigDict loss_offset = {{"type", "L1Loss"}, {"loss_weight", 1.0}};
    std::optional<ConfigDict> train_cfg;
    std::optional<ConfigDict> test_cfg;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  CenterNetHead(const Options& options, const BuildContext& context);

  Losses loss(const HeadOutputs& outputs, const Targets& targets) override;
  /// All peaks: unlikely ones are not left out, and there is no NMS.
  std::vector<Detections> predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) override;
  /// The maps of a view and its flipped one are averaged. Throws `Error` where views are no such pairs.
  Detections aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) override;
  void init_weights(const nn::PretrainedLoader& load_pretrained) override;

 protected:
  HeadOutputs compute(const nn::Features& features) override;

 private:
  struct TestCfg {
    std::int64_t topk = 100;
    std::int64_t local_maximum_kernel = 3;
    std::int64_t max_per_img = 100;
    std::optional<ConfigDict> nms;
    std::optional<ConfigDict> nms_cfg;

    static Arguments<TestCfg> arguments();
  };
  /// What a batch should have said.
  struct CenterTargets {
    torch::Tensor heatmap, wh, offset;
    torch::Tensor weight;  ///< [N, 2, H, W] 1 in the middle of an object
  };
  CenterTargets targets_of(const torch::Tensor& heatmap, const Targets& targets) const;
  kernels::Candidates decode(const HeadOutputs& outputs, std::size_t image, const ImageMeta& meta, bool rescale) const;

  std::int64_t num_classes_;
  std::optional<TestCfg> test_cfg_;
  std::optional<kernels::NmsOptions> nms_of_views_;  // none: what views show is not compared
  std::shared_ptr<nn::Sequential> heatmap_head_;
  std::shared_ptr<nn::Sequential> wh_head_;
  std::shared_ptr<nn::Sequential> offset_head_;
  std::shared_ptr<Loss> loss_center_heatmap_;
  std::shared_ptr<Loss> loss_wh_;
  std::shared_ptr<Loss> loss_offset_;
};

Arguments<CenterNetHead::Options> CenterNetHead::arguments() {
  return {arg(&Options::in_channel, "in_channel", required, "channels of the feature").at_least(1),
          arg(&Options::feat_channel, "feat_channel", required, "channels of the hidden layers").at_least(1),
          arg(&Options::num_classes, "num_classes", required, "number of classes").at_least(1),
          arg(&Options::loss_center_heatmap, "loss_center_heatmap", "loss of the middles").built_by("LOSSES"),
          arg(&Options::loss_wh, "loss_wh", "loss of widths and heights").built_by("LOSSES"),
          arg(&Options::loss_offset, "loss_offset", "loss of the offsets").built_by("LOSSES"),
          arg(&Options::train_cfg, "train_cfg", "has no meaning here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::init_cfg, "init_cfg", "is shown, but counts for nothing")};
}

Arguments<CenterNetHead::TestCfg> CenterNetHead::TestCfg::arguments() {
  return {arg(&TestCfg::topk, "topk", required, "peaks of an image").at_least(1),
          arg(&TestCfg::local_maximum_kernel, "local_maximum_kernel", required, "places within which a peak is the likeliest")
              .at_least(1)
              .check(must_be_odd),
          arg(&TestCfg::max_per_img, "max_per_img", "at most so many detections of several views"),
          arg(&TestCfg::nms, "nms", "non-maximum suppression of what several views show"),
          arg(&TestCfg::nms_cfg, "nms_cfg", "whether there is one: None or the same as nms")};
}

CenterNetHead::CenterNetHead(const Options& options, const BuildContext& context)
    : DenseHead("CenterNetHead"), num_classes_(options.num_classes) {
  if (options.test_cfg) {
    test_cfg_ = options_from("the test_cfg of CenterNetHead", TestCfg::arguments(), options.test_cfg->value(), context.child("test_cfg"));
    if (test_cfg_->nms_cfg) {
      nms_of_views_ = nms_options_from(test_cfg_->nms ? *test_cfg_->nms : *test_cfg_->nms_cfg, "the nms of CenterNetHead's test_cfg",
                                       context.child("test_cfg.nms"));
    }
  }
  const auto add_head = [&](const char* name, std::int64_t channels) {
    auto head = register_module(name, std::make_shared<nn::Sequential>());
    head->append(prediction_conv(options.in_channel, options.feat_channel, context));
    head->append(std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
    head->append(prediction_conv(options.feat_channel, channels, context, 1));
    return head;
  };
  heatmap_head_ = add_head("heatmap_head", num_classes_);
  wh_head_ = add_head("wh_head", 2);
  offset_head_ = add_head("offset_head", 2);
  const auto add_loss = [&](const char* name, const ConfigDict& config) {
    return register_module(name, build_loss(config, context.child(name)));
  };
  loss_center_heatmap_ = add_loss("loss_center_heatmap", options.loss_center_heatmap);
  loss_wh_ = add_loss("loss_wh", options.loss_wh);
  loss_offset_ = add_loss("loss_offset", options.loss_offset);
  show_init_cfg(context, options.init_cfg);
}

void CenterNetHead::init_weights(const nn::PretrainedLoader&) {
  heatmap_head_->layers().back()->named_parameters()["bias"].fill_(nn::bias_init_with_prob(0.1));
  for (const auto& head : {wh_head_, offset_head_}) {
    for (const auto& layer : head->layers()) {
      if (dynamic_cast<nn::Conv2d*>(layer.get()) != nullptr) nn::normal_init(*layer, 0, 0.001);
    }
  }
}

HeadOutputs CenterNetHead::compute(const nn::Features& features) {
  if (features.size() != 1) throw Error("CenterNetHead takes one feature, but is given " + std::to_string(features.size()));
  const torch::Tensor& feature = features.front();
  return {{heatmap_head_->forward(feature).sigmoid()}, {wh_head_->forward(feature)}, {offset_head_->forward(feature)}};
}

CenterNetHead::CenterTargets CenterNetHead::targets_of(const torch::Tensor& heatmap, const Targets& targets) const {
  const std::int64_t images = heatmap.size(0), height = heatmap.size(2), width = heatmap.size(3);
  const torch::Tensor map = torch::zeros({images, 2, height, width});
  CenterTargets wanted{torch::zeros({images, num_classes_, height, width}), map, map.clone(), map.clone()};
  auto wh = wanted.wh.accessor<float, 4>(), offset = wanted.offset.accessor<float, 4>(), weight = wanted.weight.accessor<float, 4>();
  // As in the reference the first image's size is taken for that of all.
  const ImageSize shape = targets.metas.front().pad_shape;
  const auto x_ratio = static_cast<float>(static_cast<double>(width) / static_cast<double>(shape.width));
  const auto y_ratio = static_cast<float>(static_cast<double>(height) / static_cast<double>(shape.height));
  for (std::int64_t image = 0; image < images; ++image) {
    const auto index = static_cast<std::size_t>(image);
    const torch::Tensor boxes = targets.gt_bboxes[index].to(torch::kCPU, torch::kFloat).contiguous();
    const auto box = boxes.accessor<float, 2>();
    for (std::int64_t i = 0; i < boxes.size(0); ++i) {
      const float x = (box[i][0] + box[i][2]) * x_ratio / 2, y = (box[i][1] + box[i][3]) * y_ratio / 2;
      const auto column = static_cast<std::int64_t>(std::clamp(x, 0.0F, static_cast<float>(width - 1)));
      const auto row = static_cast<std::int64_t>(std::clamp(y, 0.0F, static_cast<float>(height - 1)));
      const float box_width = (box[i][2] - box[i][0]) * x_ratio, box_height = (box[i][3] - box[i][1]) * y_ratio;
      const double radius = gaussian_radius(box_height, box_width, /*min_overlap=*/0.3);
      draw_gaussian(wanted.heatmap[image][targets.gt_labels[index][i].item<std::int64_t>()], column, row,
                    std::max<std::int64_t>(0, static_cast<std::int64_t>(radius)));
      wh[image][0][row][column] = box_width;
      wh[image][1][row][column] = box_height;
      offset[image][0][row][column] = x - static_cast<float>(column);
      offset[image][1][row][column] = y - static_cast<float>(row);
      weight[image][0][row][column] = weight[image][1][row][column] = 1;
    }
  }
  for (torch::Tensor* tensor : {&wanted.heatmap, &wanted.wh, &wanted.offset, &wanted.weight}) *tensor = tensor->to(heatmap.device());
  return wanted;
}

Losses CenterNetHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const torch::Tensor& heatmap = outputs.at(0).front();
  const CenterTargets wanted = targets_of(heatmap, targets);
  const double middles = std::max((wanted.heatmap == 1).sum().item<double>(), 1.0);
  LossCall of_heatmap, of_boxes;
  of_heatmap.avg_factor = middles;
  of_boxes.avg_factor = 2 * middles;
  of_boxes.weight = wanted.weight;
  Losses losses;
  losses.set("loss_center_heatmap", loss_center_heatmap_->forward(heatmap, wanted.heatmap, of_heatmap));
  losses.set("loss_wh", loss_wh_->forward(outputs.at(1).front(), wanted.wh, of_boxes));
  losses.set("loss_offset", loss_offset_->forward(outputs.at(2).front(), wanted.offset, of_boxes));
  return losses;
}

kernels::Candidates CenterNetHead::decode(const HeadOutputs& outputs, std::size_t image, const ImageMeta& meta, bool rescale) const {
  if (!test_cfg_) throw missing_test_cfg("CenterNetHead");
  const auto map = [&](std::size_t kind) {
    return outputs.at(kind).front()[static_cast<std::int64_t>(image)].detach().to(torch::kCPU, torch::kFloat).contiguous();
  };
  const torch::Tensor heatmap = map(0), wh = map(1), offset = map(2);
  const postprocess::Heatmap middles{
      .values = values_of(heatmap), .channels = heatmap.size(0), .height = heatmap.size(1), .width = heatmap.size(2)};
  return postprocess::CenterDetections{.topk = test_cfg_->topk, .local_maximum_kernel = test_cfg_->local_maximum_kernel}.run(
      {.heatmap = middles, .wh = values_of(wh), .offset = values_of(offset)}, meta, rescale);
}

std::vector<Detections> CenterNetHead::predict(const HeadOutputs& outputs, std::span<const ImageMeta> metas, bool rescale) {
  std::vector<Detections> results;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    kernels::Candidates found = decode(outputs, image, metas[image], rescale);
    results.push_back({.boxes_xyxy = std::move(found.boxes), .scores = std::move(found.scores), .labels = std::move(found.labels)});
  }
  return results;
}

Detections CenterNetHead::aug_predict(std::span<const nn::Features> views, std::span<const ImageMeta> metas, bool rescale) {
  kernels::Candidates merged;
  for (std::size_t view = 0; view < views.size(); view += 2) {
    if (view + 1 == views.size() || metas[view].flip || !metas[view + 1].flip) {
      throw Error("CenterNetHead merges pairs of views, the second of which is the first one flipped")
          .help("give MultiScaleFlipAug flip=True");
    }
    HeadOutputs outputs = forward(views[view]);
    const HeadOutputs flipped = forward(views[view + 1]);
    for (const std::size_t kind : {0, 1}) {
      outputs[kind].front() = (outputs[kind].front() + map_flip(flipped[kind].front(), metas[view + 1].flip_direction)) / 2;
    }
    const kernels::Candidates found = decode(outputs, 0, metas[view], rescale);
    for (std::size_t i = 0; i < found.scores.size(); ++i) merged.add(found.boxes[i], found.scores[i], found.labels[i]);
  }
  if (nms_of_views_) return select_detections(merged, *nms_of_views_, test_cfg_->max_per_img);
  return {.boxes_xyxy = std::move(merged.boxes), .scores = std::move(merged.scores), .labels = std::move(merged.labels)};
}

DETFORGE_REGISTER(heads, CenterNetHead,
                  {.name = "CenterNetHead",
                   .python = "mmdet.models.dense_heads.centernet_head.CenterNetHead",
                   .meaning = "boxes around peaks of a heat map",
                   .since = Reference::V2_27});

}  // namespace detforge
