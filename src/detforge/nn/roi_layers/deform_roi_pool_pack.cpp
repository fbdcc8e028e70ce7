#include "detforge/nn/layers/build_layer.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/roi_layers/roi_layer.h"
#include "detforge/ops/deform_roi_pool.h"

namespace detforge::nn {

/// mmcv's deformable RoI pooling that finds its own offsets (arXiv 1703.06211): linear layers on the features of a region move its bins.
class DeformRoIPoolPack : public RoILayer {
 public:
  struct Options {
    Pair output_size = 1;
    std::int64_t output_channels = 0;
    std::int64_t deform_fc_channels = 1024;
    double spatial_scale = 1;
    std::int64_t sampling_ratio = 0;
    double gamma = 0.1;

    std::int64_t area() const { return output_size.height * output_size.width; }
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::output_size, "output_size", required, "height and width of the output"),
            arg(&Options::output_channels, "output_channels", required, "channels of the feature map").at_least(1),
            arg(&Options::deform_fc_channels, "deform_fc_channels", "outputs of the linear layers").at_least(1),
            arg(&Options::spatial_scale, "spatial_scale", "pixels of the feature map per pixel of the regions"),
            arg(&Options::sampling_ratio, "sampling_ratio", "samples of a bin in each direction; 0: one per pixel").at_least(0),
            arg(&Options::gamma, "gamma", "what an offset of 1 moves a bin by, in sides of the region")};
  }

  DeformRoIPoolPack(const Options& options, const BuildContext& context) : DeformRoIPoolPack("DeformRoIPoolPack", options, context) {}

  Pair output_size() const override { return options_.output_size; }
  /// The last layer begins with 0: no bin moves.
  void reset_parameters() override { zero_parameters(*offset_fc_->layers().back()); }

 protected:
  DeformRoIPoolPack(std::string python_name, const Options& options, const BuildContext& context)
      : RoILayer(std::move(python_name)), options_(options) {
    offset_fc_ = register_module("offset_fc", std::make_shared<Sequential>());
    append_linear(*offset_fc_, options.area() * options.output_channels, options.deform_fc_channels);
    append_relu(*offset_fc_, context);
    append_linear(*offset_fc_, options.deform_fc_channels, options.deform_fc_channels);
    append_relu(*offset_fc_, context);
    append_linear(*offset_fc_, options.deform_fc_channels, options.area() * 2);
  }

  torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) override {
    return pool(input, rois, offsets(features(input, rois)));
  }

  const Options& options() const { return options_; }
  /// [N, C · h · w] of bins that do not move.
  torch::Tensor features(const torch::Tensor& input, const torch::Tensor& rois) const { return pool(input, rois, {}).flatten(1); }
  torch::Tensor offsets(const torch::Tensor& features) const {
    return offset_fc_->forward(features).view({features.size(0), 2, options_.output_size.height, options_.output_size.width});
  }
  torch::Tensor pool(const torch::Tensor& input, const torch::Tensor& rois, const torch::Tensor& offset) const {
    return ops::deform_roi_pool(input, rois, offset,
                                {.output_height = options_.output_size.height,
                                 .output_width = options_.output_size.width,
                                 .spatial_scale = options_.spatial_scale,
                                 .sampling_ratio = options_.sampling_ratio,
                                 .gamma = options_.gamma});
  }
  static void append_linear(Sequential& layers, std::int64_t in, std::int64_t out) {
    layers.append(std::make_shared<Linear>(Linear::Options{.in_features = in, .out_features = out}));
  }
  static void append_relu(Sequential& layers, const BuildContext& context) {
    layers.append(build_activation_layer(ConfigDict{{"type", "ReLU"}}, /*inplace=*/true, context));
  }
  static void zero_parameters(torch::nn::Module& module) {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : module.parameters()) parameter.zero_();
  }

 private:
  Options options_;
  std::shared_ptr<Sequential> offset_fc_;
};

/// The same with a weight between 0 and 1 for each bin (arXiv 1811.11168).
class ModulatedDeformRoIPoolPack : public DeformRoIPoolPack {
 public:
  ModulatedDeformRoIPoolPack(const Options& options, const BuildContext& context)
      : DeformRoIPoolPack("ModulatedDeformRoIPoolPack", options, context) {
    mask_fc_ = register_module("mask_fc", std::make_shared<Sequential>());
    append_linear(*mask_fc_, options.area() * options.output_channels, options.deform_fc_channels);
    append_relu(*mask_fc_, context);
    append_linear(*mask_fc_, options.deform_fc_channels, options.area());
    mask_fc_->append(build_activation_layer(ConfigDict{{"type", "Sigmoid"}}, /*inplace=*/false, context));
  }

  /// Every bin begins with a weight of ½.
  void reset_parameters() override {
    DeformRoIPoolPack::reset_parameters();
    zero_parameters(*mask_fc_->layers().at(2));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) override {
    const torch::Tensor feats = features(input, rois);
    const torch::Tensor weights =
        mask_fc_->forward(feats).view({feats.size(0), 1, options().output_size.height, options().output_size.width});
    return pool(input, rois, offsets(feats)) * weights;
  }

 private:
  std::shared_ptr<Sequential> mask_fc_;
};

DETFORGE_REGISTER(roi_layers, DeformRoIPoolPack,
                  {.name = "DeformRoIPoolPack",
                   .python = "mmcv.ops.deform_roi_pool.DeformRoIPoolPack",
                   .meaning = "bins of a region that move"});
DETFORGE_REGISTER(roi_layers, ModulatedDeformRoIPoolPack,
                  {.name = "ModulatedDeformRoIPoolPack",
                   .python = "mmcv.ops.deform_roi_pool.ModulatedDeformRoIPoolPack",
                   .meaning = "bins of a region that move and are weighted"});

}  // namespace detforge::nn
