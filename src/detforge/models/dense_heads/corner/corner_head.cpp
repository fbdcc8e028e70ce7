#include "detforge/models/dense_heads/corner/corner_head.h"

#include <algorithm>

#include "detforge/models/dense_heads/corner/must_be_odd.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge {
namespace {

struct CornerTestCfgKeys {
  std::int64_t corner_topk = 100;
  std::int64_t local_maximum_kernel = 3;
  double distance_threshold = 0.5;
  double score_thr = 0;
  std::int64_t max_per_img = 100;
  std::optional<ConfigDict> nms;
  std::optional<ConfigDict> nms_cfg;

  static Arguments<CornerTestCfgKeys> arguments() {
    using Keys = CornerTestCfgKeys;
    return {arg(&Keys::corner_topk, "corner_topk", required, "corners of each kind that are looked at").at_least(1),
            arg(&Keys::local_maximum_kernel, "local_maximum_kernel", required, "places within which a corner is the likeliest")
                .at_least(1)
                .check(must_be_odd),
            arg(&Keys::distance_threshold, "distance_threshold", required, "corners of one object are no further apart"),
            arg(&Keys::score_thr, "score_thr", "has no meaning here"),
            arg(&Keys::max_per_img, "max_per_img", required, "at most so many detections per image"),
            arg(&Keys::nms, "nms", "non-maximum suppression"),
            arg(&Keys::nms_cfg, "nms_cfg", "older name of nms")};
  }
};

LossCall averaged_over(const torch::Tensor& count) {
  LossCall call;
  call.avg_factor = std::max(count.item<double>(), 1.0);
  return call;
}

/// The mean of a loss of the top left corners, 0, and of the others, 1.
template <class LossOf>
torch::Tensor mean_of_corners(const LossOf& loss_of) {
  return (loss_of(std::size_t{0}) + loss_of(std::size_t{1})) / 2;
}

}  // namespace

std::optional<CornerHead::CornerTestCfg> CornerHead::corner_test_cfg(const std::optional<ConfigDict>& config, const std::string& head,
                                                                     const BuildContext& context) {
  if (!config) return std::nullopt;
  const CornerTestCfgKeys keys =
      options_from("the test_cfg of " + head, CornerTestCfgKeys::arguments(), config->value(), context.child("test_cfg"));
  const std::optional<ConfigDict>& nms = keys.nms ? keys.nms : keys.nms_cfg;
  if (!nms) throw ArgumentError("test_cfg", "must have 'nms'");
  CornerTestCfg cfg;
  cfg.nms = nms_options_from(*nms, "the nms of " + head + "'s test_cfg", context.child("test_cfg.nms"));
  cfg.max_per_img = keys.max_per_img;
  cfg.decoding = {
      .corner_topk = keys.corner_topk, .local_maximum_kernel = keys.local_maximum_kernel, .distance_threshold = keys.distance_threshold};
  return cfg;
}

Arguments<CornerHead::Options> CornerHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes").at_least(1),
          arg(&Options::in_channels, "in_channels", required, "channels of every feature").at_least(1),
          arg(&Options::num_feat_levels, "num_feat_levels", "number of features, one from each stack of the backbone").at_least(1),
          arg(&Options::corner_emb_channels, "corner_emb_channels", "numbers that tell which corners belong together; 0: none").at_least(0),
          arg(&Options::train_cfg, "train_cfg", "has no meaning here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::loss_heatmap, "loss_heatmap", "loss of the corners").built_by("LOSSES"),
          arg(&Options::loss_embedding, "loss_embedding", "loss of the embeddings").built_by("LOSSES"),
          arg(&Options::loss_offset, "loss_offset", "loss of the offsets").built_by("LOSSES"),
          arg(&Options::init_cfg, "init_cfg", "only None").since_v2_27().check([](const std::optional<Value>& config) {
            return config ? "must be None" : "";
          })};
}

CornerHead::CornerHead(std::string name, const Options& options, const BuildContext& context)
    : CornerHead(name, options, corner_test_cfg(options.test_cfg, name, context), context) {}

CornerHead::CornerHead(std::string name, const Options& options, const std::optional<CornerTestCfg>& test_cfg, const BuildContext& context)
    : DenseBoxHead(std::move(name), test_cfg, context.reference), num_classes_(options.num_classes), in_channels_(options.in_channels) {
  if (test_cfg) decoding_ = test_cfg->decoding;
  const auto add_loss = [&](const char* what, const std::optional<ConfigDict>& config) {
    return config ? register_module(what, build_loss(*config, context.child(what))) : nullptr;
  };
  loss_heatmap_ = add_loss("loss_heatmap", options.loss_heatmap);
  if (const auto loss = add_loss("loss_embedding", options.loss_embedding)) {
    loss_embedding_ = std::dynamic_pointer_cast<AssociativeEmbeddingLoss>(loss);
    if (!loss_embedding_) throw ArgumentError("loss_embedding", "must be an AssociativeEmbeddingLoss");
  }
  loss_offset_ = add_loss("loss_offset", options.loss_offset);
  using ops::CornerPoolMode;
  constexpr PerCorner<std::array<CornerPoolMode, 2>> directions = {
      {{CornerPoolMode::Top, CornerPoolMode::Left}, {CornerPoolMode::Bottom, CornerPoolMode::Right}}};
  for (const Corner corner : {TopLeft, BottomRight}) {
    pool_[corner] = register_module(corner == TopLeft ? "tl_pool" : "br_pool", std::make_shared<nn::ModuleList<BiCornerPool>>());
    for (std::int64_t level = 0; level < options.num_feat_levels; ++level) {
      pool_[corner]->append(std::make_shared<BiCornerPool>(in_channels_, in_channels_, directions[corner], context));
    }
  }
  heat_ = add_branches("heat", num_classes_, context);
  offset_ = add_branches("off", 2, context);
  if (options.corner_emb_channels > 0) embedding_ = add_branches("emb", options.corner_emb_channels, context);
  show_init_cfg(context, options.init_cfg);
}

std::shared_ptr<nn::Sequential> CornerHead::make_layers(std::int64_t out_channels, const BuildContext& context) const {
  constexpr std::int64_t feat_channels = 256;
  nn::ConvModule::Options hidden, predictor;
  hidden.in_channels = in_channels_;
  hidden.out_channels = predictor.in_channels = feat_channels;
  hidden.kernel_size = 3;
  hidden.padding = 1;
  hidden.layers.act_cfg = ConfigDict{{"type", "ReLU"}};
  predictor.out_channels = out_channels;
  auto layers = std::make_shared<nn::Sequential>();
  layers->append(std::make_shared<nn::ConvModule>(hidden, context));
  layers->append(std::make_shared<nn::ConvModule>(predictor, context));
  return layers;
}

CornerHead::PerCorner<std::shared_ptr<CornerHead::Branch>> CornerHead::add_branches(const std::string& name, std::int64_t out_channels,
                                                                                    const BuildContext& context) {
  PerCorner<std::shared_ptr<Branch>> branches;
  for (const Corner corner : {TopLeft, BottomRight}) {
    branches[corner] = register_module((corner == TopLeft ? "tl_" : "br_") + name, std::make_shared<Branch>());
    for (std::size_t level = 0; level < num_levels(); ++level) branches[corner]->append(make_layers(out_channels, context));
  }
  return branches;
}

void CornerHead::reset(const PerCorner<std::shared_ptr<Branch>>& branches, Convolutions which, std::optional<double> bias) {
  for (const auto& branch : branches) {
    for (const auto& layers : *branch) {
      const std::vector<std::shared_ptr<nn::Layer>>& all = layers->layers();
      for (std::size_t i = which == Convolutions::Last ? all.size() - 1 : 0; i < all.size(); ++i) {
        const auto& conv = dynamic_cast<nn::ConvModule&>(*all[i]).conv();
        conv->reset_parameters();
        if (bias) conv->named_parameters()["bias"].fill_(*bias);
      }
    }
  }
}

void CornerHead::init_weights(const nn::PretrainedLoader& load_pretrained) {
  DenseBoxHead::init_weights(load_pretrained);
  reset(heat_, Convolutions::Last, nn::bias_init_with_prob(0.1));
  reset(offset_, Convolutions::Last);
  if (embedding_[TopLeft]) reset(embedding_, Convolutions::Last);
}

CornerHead::Prediction CornerHead::forward_level(const nn::Features& features, std::size_t level) {
  if (level >= features.size()) {
    throw Error(python_name() + " has " + std::to_string(num_levels()) + " levels, but is given " + std::to_string(features.size()))
        .help("set num_feat_levels to the number of stacks of the backbone");
  }
  Prediction prediction;
  for (const Corner corner : {TopLeft, BottomRight}) {
    const torch::Tensor& pool = prediction.pool[corner] = (*pool_[corner])[level].forward(features[level]);
    prediction.heat[corner] = (*heat_[corner])[level].forward(pool);
    if (embedding_[corner]) prediction.embedding[corner] = (*embedding_[corner])[level].forward(pool);
    prediction.offset[corner] = (*offset_[corner])[level].forward(pool);
  }
  return prediction;
}

HeadOutputs CornerHead::compute(const nn::Features& features) {
  HeadOutputs outputs(6);
  for (std::size_t level = 0; level < num_levels(); ++level) {
    const Prediction prediction = forward_level(features, level);
    for (const Corner corner : {TopLeft, BottomRight}) {
      outputs[corner].push_back(prediction.heat[corner]);
      if (prediction.embedding[corner].defined()) outputs[2 + corner].push_back(prediction.embedding[corner]);
      outputs[4 + corner].push_back(prediction.offset[corner]);
    }
  }
  return outputs;
}

std::vector<kernels::Candidates> CornerHead::decode_pairs(const HeadOutputs& outputs, std::span<const ImageMeta> metas,
                                                          const OutputOrder& order) const {
  if (!decoding_) throw missing_test_cfg(python_name());
  if (outputs.at(order.tie).empty())
    throw Error(python_name() + " can not tell which corners belong together").help("set corner_emb_channels=1");
  std::vector<kernels::Candidates> images;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    const auto row = static_cast<std::int64_t>(image);
    const auto maps = [&](Corner corner) {
      const auto map = [&](std::size_t kind) { return on_cpu({outputs.at(kind + corner).back()[row]}).front(); };
      return std::array{map(order.heat), map(order.offset), map(order.tie)};
    };
    const auto spans = [&](const std::array<torch::Tensor, 3>& of_corner) {
      const auto& [heat, offset, tie] = of_corner;
      postprocess::CornerMaps all{.heat = {.values = values_of(heat),
                                           .channels = heat.size(0),
                                           .height = heat.size(1),
                                           .width = heat.size(2),
                                           .holds_logits = true},
                                  .offset = values_of(offset),
                                  .embedding = {},
                                  .centripetal_shift = {}};
      (order.tie_is_embedding ? all.embedding : all.centripetal_shift) = values_of(tie);
      return all;
    };
    const auto top_left = maps(TopLeft), bottom_right = maps(BottomRight);
    images.push_back(decoding_->run(spans(top_left), spans(bottom_right), metas[image]));
  }
  return images;
}

CornerTargets CornerHead::targets_of(const nn::Features& heats, const Targets& targets) const {
  return corner_targets(targets, num_classes_, {heats.back().size(2), heats.back().size(3)}, heats.back().device());
}

Losses CornerHead::corner_losses(const HeadOutputs& outputs, std::size_t heat, std::size_t offset, const CornerTargets& targets) {
  if (!loss_heatmap_ || !loss_offset_) throw Error(python_name() + " needs 'loss_heatmap' and 'loss_offset' to learn");
  std::vector<torch::Tensor> detection;
  for (std::size_t level = 0; level < num_levels(); ++level) {
    detection.push_back(mean_of_corners([&](std::size_t corner) {
      const torch::Tensor& wanted = targets.heatmaps[corner];
      return loss_heatmap_->forward(outputs[heat + corner][level].sigmoid(), wanted, averaged_over((wanted == 1).sum()));
    }));
  }
  Losses losses;
  losses.set("det_loss", std::move(detection));
  losses.set("off_loss", shift_losses(*loss_offset_, outputs, offset, targets.offsets, targets));
  return losses;
}

std::vector<torch::Tensor> CornerHead::shift_losses(Loss& loss, const HeadOutputs& outputs, std::size_t shift,
                                                    const PerCorner<torch::Tensor>& wanted, const CornerTargets& targets) {
  std::vector<torch::Tensor> levels;
  for (std::size_t level = 0; level < outputs[shift].size(); ++level) {
    levels.push_back(mean_of_corners([&](std::size_t corner) {
      LossCall call = averaged_over(targets.masks[corner].sum());
      call.weight = targets.masks[corner];
      return loss.forward(outputs[shift + corner][level], wanted[corner], call);
    }));
  }
  return levels;
}

Losses CornerHead::loss(const HeadOutputs& outputs, const Targets& targets) {
  const CornerTargets wanted = targets_of(outputs.at(0), targets);
  Losses losses = corner_losses(outputs, 0, 4, wanted);
  if (outputs.at(2).empty() || !loss_embedding_) return losses;
  std::vector<torch::Tensor> pull, push;
  for (std::size_t level = 0; level < num_levels(); ++level) {
    const auto one = loss_embedding_->pull_and_push(outputs[2][level], outputs[3][level], wanted.corners);
    pull.push_back(one.pull);
    push.push_back(one.push);
  }
  losses.set("pull_loss", std::move(pull));
  losses.set("push_loss", std::move(push));
  return losses;
}

DETFORGE_REGISTER(heads, CornerHead,
                  {.name = "CornerHead",
                   .python = "mmdet.models.dense_heads.corner_head.CornerHead",
                   .meaning = "boxes by their corners, which embeddings pair"});

}  // namespace detforge
