#include "detforge/models/dense_heads/solo/decoupled_solo_head.h"

namespace detforge {

DecoupledSOLOHead::DecoupledSOLOHead(const Options& options, const BuildContext& context)
    : DecoupledSOLOHead("DecoupledSOLOHead", options, context) {
  mask_convs_x_ = register_module("mask_convs_x", tower(options, options.in_channels + 1, context));
  mask_convs_y_ = register_module("mask_convs_y", tower(options, options.in_channels + 1, context));
  cls_convs_ = register_module("cls_convs", tower(options, options.in_channels, context));
  register_predictions(options, context);
}

void DecoupledSOLOHead::register_predictions(const SoloBaseHead::Options& options, const BuildContext& context) {
  conv_mask_list_x_ = register_module("conv_mask_list_x", std::make_shared<nn::ModuleList<nn::Conv2d>>());
  conv_mask_list_y_ = register_module("conv_mask_list_y", std::make_shared<nn::ModuleList<nn::Conv2d>>());
  for (const std::int64_t lines : options.num_grids) {
    conv_mask_list_x_->append(prediction_conv(options.feat_channels, lines, context));
    conv_mask_list_y_->append(prediction_conv(options.feat_channels, lines, context));
  }
  conv_cls_ = register_module("conv_cls", prediction_conv(options.feat_channels, options.num_classes, context));
}

DecoupledSOLOHead::MaskFeatures DecoupledSOLOHead::mask_features(const torch::Tensor& feature) {
  const torch::Tensor placed = with_coordinates(feature);
  const std::int64_t channels = feature.size(1);
  const torch::Tensor down = placed.slice(1, channels + 1);
  return {.x = solo_enlarge(apply_all(*mask_convs_x_, placed.slice(1, 0, channels + 1))),
          .y = solo_enlarge(apply_all(*mask_convs_y_, torch::cat({feature, down}, 1)))};
}

HeadOutputs DecoupledSOLOHead::compute(const nn::Features& features) {
  const nn::Features levels = resized(features);
  HeadOutputs outputs(3);
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const MaskFeatures of_masks = mask_features(levels[level]);
    outputs[0].push_back(finish_masks((*conv_mask_list_x_)[level].forward(of_masks.x), levels.front()));
    outputs[1].push_back(finish_masks((*conv_mask_list_y_)[level].forward(of_masks.y), levels.front()));
    outputs[2].push_back(classify(levels[level], level, *cls_convs_, *conv_cls_));
  }
  return outputs;
}

torch::Tensor DecoupledSOLOHead::masks_of(const HeadOutputs& outputs, std::size_t level, std::int64_t image,
                                          const torch::Tensor& cells) const {
  const torch::Tensor rows = torch::div(cells, num_grid(level), "floor"), columns = cells - rows * num_grid(level);
  const torch::Tensor x = outputs.at(0).at(level)[image].index({columns}), y = outputs.at(1).at(level)[image].index({rows});
  return is_training() ? y.sigmoid() * x.sigmoid() : x * y;
}

DETFORGE_REGISTER(heads, DecoupledSOLOHead,
                  {.name = "DecoupledSOLOHead",
                   .python = "mmdet.models.dense_heads.solo_head.DecoupledSOLOHead",
                   .meaning = "SOLO's with masks that are products of a column's and a row's",
                   .since = Reference::V2_27});

}  // namespace detforge
