#include "detforge/models/roi_heads/roi_extractors/roi_extractor.h"

#include <algorithm>

namespace detforge {

Registry<RoIExtractor>& roi_extractors() {
  static Registry<RoIExtractor> registry("ROI_EXTRACTORS");
  return registry;
}

Arguments<RoIExtractor::Options> RoIExtractor::arguments() {
  return {arg(&Options::roi_layer, "roi_layer", required, "what takes a window out of one feature map: RoIAlign, RoIPool"),
          arg(&Options::out_channels, "out_channels", required, "channels of the features").at_least(1),
          arg(&Options::featmap_strides, "featmap_strides", required, "stride of each level in px"),
          arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

RoIExtractor::RoIExtractor(std::string python_name, const Options& options, const BuildContext& context)
    : Module(std::move(python_name)), options_(options) {
  if (options.featmap_strides.empty()) throw ArgumentError("featmap_strides", "must have at least one level");
  roi_layers_ = register_module("roi_layers", std::make_shared<nn::ModuleList<nn::RoILayer>>());
  for (const std::int64_t stride : options.featmap_strides) {
    if (stride < 1) throw ArgumentError("featmap_strides", "must be at least 1, got " + std::to_string(stride));
    roi_layers_->append(nn::build_roi_layer(options.roi_layer, stride, context.child("roi_layer")));
  }
}

torch::Tensor RoIExtractor::forward(const nn::Features& features, const torch::Tensor& rois, std::optional<double> roi_scale_factor) {
  if (features.empty()) throw Error(python_name() + " needs at least one feature map");
  const nn::Features inputs(features.begin(), features.begin() + static_cast<std::ptrdiff_t>(std::min(num_inputs(), features.size())));
  return nn::observed(*this, inputs,
                      [&] { return rois.size(0) == 0 ? zero_features(inputs.front(), 0) : compute(inputs, rois, roi_scale_factor); });
}

torch::Tensor RoIExtractor::zero_features(const torch::Tensor& like, std::int64_t rows) const {
  const nn::Pair size = roi_layer(0).output_size();
  return torch::zeros({rows, options_.out_channels, size.height, size.width}, like.options());
}

torch::Tensor roi_rescale(const torch::Tensor& rois, double factor) {
  const torch::Tensor top_left = rois.slice(1, 1, 3), bottom_right = rois.slice(1, 3, 5);
  const torch::Tensor centers = (top_left + bottom_right) * 0.5;
  const torch::Tensor half_sizes = (bottom_right - top_left) * factor * 0.5;
  return torch::cat({rois.slice(1, 0, 1), centers - half_sizes, centers + half_sizes}, 1);
}

}  // namespace detforge
