#include "detforge/models/backbones/detectors_resnet.h"

#include "detforge/models/blocks/bottleneck.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"

namespace detforge {

/// A bottleneck to whose output a convolution of the pyramid's features is added, in the first block of a stage.
class DetectoRS_ResNet::Block : public Bottleneck {
 public:
  Block(const ResidualBlockOptions& options, const Shape& shape, std::optional<std::int64_t> rfp_inplanes, const BuildContext& context)
      : Bottleneck(options, shape, context) {
    if (!rfp_inplanes) return;
    rfp_conv_ = register_module("rfp_conv", std::make_shared<nn::Conv2d>(nn::Conv2d::Options{
                                                .in_channels = *rfp_inplanes, .out_channels = options.planes * shape.expansion}));
    const Value override = Value::dict({{"name", "rfp_conv"}});
    show_init_cfg(context, Value::dict({{"type", "Constant"}, {"val", 0}, {"override", override}}));
  }

  torch::Tensor rfp_forward(const torch::Tensor& input, const torch::Tensor& rfp_feature) {
    if (!rfp_conv_) return forward(input);
    return relu_->forward(before_relu(input) + rfp_conv_->forward(rfp_feature));
  }
  void reset_parameters() override {
    if (rfp_conv_) nn::constant_init(*rfp_conv_, 0);
  }
  nn::Module& last_norm() { return *norm3_; }

 private:
  std::shared_ptr<nn::Conv2d> rfp_conv_;  // null without
};

Arguments<DetectoRS_ResNet::Options> DetectoRS_ResNet::arguments() {
  return {ResNet::arguments(),
          arg(&Options::sac, "sac", "switchable atrous convolution in the middle of blocks"),
          arg(&Options::stage_with_sac, "stage_with_sac", "stages that have it"),
          arg(&Options::rfp_inplanes, "rfp_inplanes", "channels of a recursive pyramid's features; None: it takes none"),
          arg(&Options::output_img, "output_img", "the image comes out before the features"),
          arg(&Options::pretrained, "pretrained", "weights to start training from")};
}

std::optional<std::string> DetectoRS_ResNet::checkpoint_of(const Options& options) {
  if (!options.init_cfg || options.init_cfg->is_none()) return options.pretrained;
  if (options.pretrained) throw ArgumentError("pretrained", "cannot be given beside 'init_cfg'");
  const Value* type = options.init_cfg->is_dict() ? options.init_cfg->find("type") : nullptr;
  if (type == nullptr || !python_equal(*type, "Pretrained")) throw ArgumentError("init_cfg", "must be of the type 'Pretrained'");
  const Value* checkpoint = options.init_cfg->find("checkpoint");
  return checkpoint != nullptr && checkpoint->is_string() ? std::optional(checkpoint->as_string()) : std::nullopt;
}

/// The base shows what it would do without them.
ResNet::Options DetectoRS_ResNet::without_checkpoint(const Options& options) {
  ResNet::Options base = options;
  base.pretrained.reset();
  base.init_cfg.reset();
  return base;
}

ResNet::Architecture DetectoRS_ResNet::detectors_architecture(const std::string& python_name, const Options& options, std::int64_t groups,
                                                              std::int64_t base_width) {
  Architecture architecture = bottleneck_architecture(python_name, options, Bottleneck::kind());
  architecture.last_norm.clear();
  architecture.pools_without_stride = false;
  for (std::size_t i = 0; i < architecture.stages.size(); ++i) {
    const bool with_sac = options.sac && i < options.stage_with_sac.size() && options.stage_with_sac[i];
    const std::optional<ConfigDict> sac = with_sac ? options.sac : std::nullopt;
    const std::optional<std::int64_t> rfp_inplanes = i > 0 ? options.rfp_inplanes : std::nullopt;
    const std::int64_t base_channels = options.base_channels;
    architecture.stages[i].block.make = [=](const ResidualBlockOptions& block, const BuildContext& context) {
      ResidualBlockOptions with_sac_config = block;
      if (sac) with_sac_config.conv2_cfg = sac;
      const Bottleneck::Shape shape{.width = Bottleneck::grouped_width(block.planes, groups, base_width, base_channels), .groups = groups};
      return std::make_shared<Block>(with_sac_config, shape, block.first_of_stage ? rfp_inplanes : std::nullopt, context);
    };
  }
  return architecture;
}

DetectoRS_ResNet::DetectoRS_ResNet(const std::string& python_name, const Options& options, std::int64_t groups, std::int64_t base_width,
                                   const BuildContext& context)
    : ResNet(without_checkpoint(options), detectors_architecture(python_name, options, groups, base_width), context),
      checkpoint_(checkpoint_of(options)),
      zero_init_residual_(options.zero_init_residual),
      with_dcn_(options.dcn.has_value()),
      output_img_(options.output_img) {}

void DetectoRS_ResNet::init_weights(const nn::PretrainedLoader& load_pretrained) {
  if (checkpoint_) {
    if (load_pretrained) load_pretrained(*this, {*checkpoint_, std::nullopt});
    return;
  }
  for (const auto& module : modules()) {
    if (auto* conv = dynamic_cast<nn::Conv2d*>(module.get())) nn::kaiming_init(*conv);
    auto* ours = dynamic_cast<nn::Module*>(module.get());
    if (ours == nullptr) continue;
    if (dynamic_cast<nn::BatchNorm*>(ours) != nullptr || ours->python_name() == "GroupNorm") nn::constant_init(*ours, 1);
    if (nn::Module* offset = with_dcn_ ? ours->part("conv_offset") : nullptr; offset != nullptr) nn::constant_init(*offset, 0);
  }
  if (!zero_init_residual_) return;
  for (const auto& module : modules()) {
    if (auto* block = dynamic_cast<Block*>(module.get())) nn::constant_init(block->last_norm(), 0);
  }
}

nn::Features DetectoRS_ResNet::compute(const torch::Tensor& image) {
  nn::Features features = ResNet::compute(image);
  if (output_img_) features.insert(features.begin(), image);
  return features;
}

nn::Features DetectoRS_ResNet::rfp_forward(const torch::Tensor& image, const nn::Features& rfp_features) {
  nn::Features features;
  torch::Tensor level = forward_stem(image);
  for (std::size_t i = 0; i < stages().size(); ++i) {
    for (const auto& layer : stages()[i]->layers()) {
      level = std::dynamic_pointer_cast<Block>(layer)->rfp_forward(level, i > 0 ? rfp_features.at(i) : torch::Tensor());
    }
    if (gives_out(i)) features.push_back(level);
  }
  return features;
}

DETFORGE_REGISTER(backbones, DetectoRS_ResNet,
                  {.name = "DetectoRS_ResNet",
                   .python = "mmdet.models.backbones.detectors_resnet.DetectoRS_ResNet",
                   .meaning = "ResNet of DetectoRS (arXiv 2006.02334)"});

}  // namespace detforge
