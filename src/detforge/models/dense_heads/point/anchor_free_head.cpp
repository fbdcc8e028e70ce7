#include "detforge/models/dense_heads/point/anchor_free_head.h"

#include "detforge/boxes/prior_generators/prior_generator.h"
#include "detforge/models/dense_heads/anchor/anchor_based_head.h"

namespace detforge {

Value AnchorFreeHead::Options::init_cfg_with_prior(const char* name) {
  return Value::dict({{"type", "Normal"},
                      {"layer", "Conv2d"},
                      {"std", 0.01},
                      {"override", Value::dict({{"type", "Normal"}, {"name", name}, {"std", 0.01}, {"bias_prob", 0.01}})}});
}

Arguments<AnchorFreeHead::Options> AnchorFreeHead::arguments() {
  return {arg(&Options::num_classes, "num_classes", required, "number of classes, the background not counted").at_least(1),
          arg(&Options::in_channels, "in_channels", required, "channels of every input level").at_least(1),
          arg(&Options::feat_channels, "feat_channels", "channels of the towers").at_least(1),
          arg(&Options::stacked_convs, "stacked_convs", "convolutions of each tower").at_least(0),
          arg(&Options::strides, "strides", "stride of each level in px"),
          arg(&Options::dcn_on_last_conv, "dcn_on_last_conv", "deformable convolution as the last of each tower"),
          arg(&Options::conv_bias, "conv_bias", "bias of the towers' convolutions; 'auto': where no normalisation follows"),
          arg(&Options::loss_cls, "loss_cls", "loss of the classes").built_by("LOSSES"),
          arg(&Options::loss_bbox, "loss_bbox", "loss of the boxes").built_by("LOSSES"),
          arg(&Options::bbox_coder, "bbox_coder", "what is predicted instead of boxes").built_by("BBOX_CODERS").since_v2_27(),
          arg(&Options::conv_cfg, "conv_cfg", "convolution layer; None: Conv2d"),
          arg(&Options::norm_cfg, "norm_cfg", "normalisation layer; None: none"),
          arg(&Options::train_cfg, "train_cfg", "what training needs; the model's own is put here"),
          arg(&Options::test_cfg, "test_cfg", "which detections are kept; the model's own is put here"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

std::optional<bool> conv_bias_of(const std::variant<bool, std::string>& conv_bias) {
  if (const auto* flag = std::get_if<bool>(&conv_bias)) return *flag;
  if (std::get<std::string>(conv_bias) != "auto") throw ArgumentError("conv_bias", "must be True, False or 'auto'");
  return std::nullopt;
}

AnchorFreeHead::AnchorFreeHead(std::string name, const Options& options, const BuildContext& context)
    : DenseBoxHead(std::move(name), options.test_cfg, context),
      options_(options),
      context_(context),
      use_sigmoid_cls_(uses_sigmoid(options.loss_cls) || context.reference == Reference::V2_8),
      bbox_coder_(bbox_coders().build(options.bbox_coder, context.child("bbox_coder"))) {
  loss_cls_ = register_module("loss_cls", build_loss(options.loss_cls, context.child("loss_cls")));
  loss_bbox_ = register_module("loss_bbox", build_loss(options.loss_bbox, context.child("loss_bbox")));
  show_init_cfg(context, options.init_cfg);
}

AnchorFreeHead::AnchorFreeHead(const Options& options, const BuildContext& context) : AnchorFreeHead("AnchorFreeHead", options, context) {
  init_layers();
}

std::shared_ptr<StackedConvs> AnchorFreeHead::tower() const {
  auto list = std::make_shared<StackedConvs>();
  for (std::int64_t i = 0; i < options_.stacked_convs; ++i) {
    const bool deforms = options_.dcn_on_last_conv && i == options_.stacked_convs - 1;
    const nn::ConvModule::Options conv{
        .in_channels = i == 0 ? options_.in_channels : options_.feat_channels,
        .out_channels = options_.feat_channels,
        .kernel_size = 3,
        .padding = 1,
        .bias = conv_bias_of(options_.conv_bias),
        .layers = {deforms ? ConfigDict{{"type", "DCNv2"}} : options_.conv_cfg, options_.norm_cfg, ConfigDict{{"type", "ReLU"}}}};
    list->append(std::make_shared<nn::ConvModule>(conv, context_));
  }
  return list;
}

void AnchorFreeHead::init_layers() {
  init_cls_convs();
  init_reg_convs();
  init_predictor();
}

void AnchorFreeHead::init_predictor() {
  conv_cls_ = register_module("conv_cls", prediction_conv(options_.feat_channels, cls_out_channels(), context_));
  conv_reg_ = register_module("conv_reg", prediction_conv(options_.feat_channels, 4, context_));
}

AnchorFreeHead::Single AnchorFreeHead::forward_single(const torch::Tensor& feature) {
  Single single;
  single.cls_feat = apply_all(*cls_convs_, feature);
  single.cls_score = conv_cls_->forward(single.cls_feat);
  single.reg_feat = apply_all(*reg_convs_, feature);
  single.bbox_pred = conv_reg_->forward(single.reg_feat);
  return single;
}

HeadOutputs AnchorFreeHead::compute(const nn::Features& features) {
  nn::Features cls_scores, bbox_preds;
  for (const torch::Tensor& feature : features) {
    Single single = forward_single(feature);
    cls_scores.push_back(std::move(single.cls_score));
    bbox_preds.push_back(std::move(single.bbox_pred));
  }
  return {cls_scores, bbox_preds};
}

std::vector<torch::Tensor> AnchorFreeHead::grid_points_of(const nn::Features& maps) const {
  const std::vector<ImageSize> sizes = featmap_sizes(maps);
  if (sizes.size() != strides().size()) {
    throw Error(python_name() + " has " + std::to_string(strides().size()) + " levels, but is given " + std::to_string(sizes.size()));
  }
  const torch::TensorOptions as_floats = maps.front().options().dtype(torch::kFloat).requires_grad(false);
  std::vector<torch::Tensor> levels;
  for (std::size_t level = 0; level < sizes.size(); ++level) {
    const double stride = strides()[level];
    const torch::Tensor points = grid_points(sizes[level], {stride, stride}, point_offset(), as_floats);
    levels.push_back(torch::cat({points, torch::full_like(points, stride)}, 1));
  }
  return levels;
}

std::vector<kernels::Candidates> AnchorFreeHead::decode_points(const nn::Features& cls_scores, const nn::Features& bbox_preds,
                                                               const nn::Features* score_factors, std::span<const ImageMeta> metas) const {
  const LevelOutputs levels{
      .cls_scores = cls_scores, .bbox_preds = bbox_preds, .score_factors = score_factors, .channels = cls_out_channels()};
  const std::vector<torch::Tensor> points = grid_points_of(cls_scores);
  std::vector<kernels::Candidates> images;
  for (std::size_t image = 0; image < metas.size(); ++image) {
    CoderCall call;
    call.max_shape = metas[image].img_shape;
    images.push_back(decode_levels(levels, image, selection(activation()),
                                   [&](std::size_t level, const torch::Tensor& priors, const torch::Tensor& predictions) {
                                     return decode_boxes(level, points[level].index_select(0, priors), predictions, call);
                                   }));
  }
  return images;
}

DETFORGE_REGISTER(heads, AnchorFreeHead,
                  {.name = "AnchorFreeHead",
                   .python = "mmdet.models.dense_heads.anchor_free_head.AnchorFreeHead",
                   .meaning = "points with a tower for classes and one for boxes"});

}  // namespace detforge
