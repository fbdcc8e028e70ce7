#include "detforge/models/backbones/imagenet_init.h"
#include "detforge/models/backbones/resnet.h"
#include "detforge/models/roi_heads/shared_heads/shared_head.h"
#include "detforge/nn/layers/batch_norm.h"

namespace detforge {

/// One stage of a ResNet, on RoI features instead of an image's (Faster R-CNN on C4 features, arXiv 1512.03385):
/// [N, 64 · 2^(stage - 1) · expansion, h, w] → [N, 64 · 2^stage · expansion, h / stride, w / stride].
class SharedResLayer : public nn::Layer {
 public:
  struct Options {
    std::int64_t depth = 0;
    std::int64_t stage = 3;
    std::int64_t stride = 2;
    std::int64_t dilation = 1;
    std::string style = "pytorch";
    ConfigDict norm_cfg = {{"type", "BN"}, {"requires_grad", true}};
    bool norm_eval = true;
    bool with_cp = false;
    std::optional<ConfigDict> dcn;
    std::optional<std::string> pretrained;
    std::optional<Value> init_cfg;
  };
  static Arguments<Options> arguments();

  SharedResLayer(const Options& options, const BuildContext& context);
  void train(bool on = true) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return layer_->forward(input); }

 private:
  bool norm_eval_;
  std::shared_ptr<ResLayer> layer_;
};

Arguments<SharedResLayer::Options> SharedResLayer::arguments() {
  return {
      arg(&Options::depth, "depth", required, "layers of the ResNet"),
      arg(&Options::stage, "stage", "which of its stages, from 1").at_least(1),
      arg(&Options::stride, "stride", "stride of the stage").at_least(1),
      arg(&Options::dilation, "dilation", "dilation of the stage").at_least(1),
      arg(&Options::style, "style", "where a block's stride is: its 3×3 convolution, or its first (caffe)").one_of({"pytorch", "caffe"}),
      arg(&Options::norm_cfg, "norm_cfg", "normalisation layer"),
      arg(&Options::norm_eval, "norm_eval", "batch norms keep their statistics while training"),
      arg(&Options::with_cp, "with_cp", "computes activations anew to save memory; accepted, and the numbers are the same"),
      arg(&Options::dcn, "dcn", "deformable convolution in the middle of blocks"),
      arg(&Options::pretrained, "pretrained", "weights to start training from").since_v2_27(),
      arg(&Options::init_cfg, "init_cfg", "initialisation").since_v2_27()};
}

SharedResLayer::SharedResLayer(const Options& options, const BuildContext& context) : Layer("ResLayer"), norm_eval_(options.norm_eval) {
  const auto [block, blocks] = ResNet::architecture(options.depth);
  if (options.stage >= static_cast<std::int64_t>(blocks.size())) throw ArgumentError("stage", "must be at most 3");
  ResLayer::Options layer;
  layer.block.inplanes = (std::int64_t{64} << (options.stage - 1)) * block.expansion;
  layer.block.planes = std::int64_t{64} << options.stage;
  layer.block.stride = options.stride;
  layer.block.dilation = options.dilation;
  layer.block.caffe_style = options.style == "caffe";
  layer.block.norm_cfg = options.norm_cfg;
  if (options.dcn) {
    Value dcn = *options.dcn;
    layer.fallback_on_stride = dcn.pop("fallback_on_stride", false).as_bool();
    layer.block.conv2_cfg = ConfigDict(dcn);
  }
  layer.num_blocks = blocks[static_cast<std::size_t>(options.stage)];
  layer_ = register_module("layer" + std::to_string(options.stage + 1), std::make_shared<ResLayer>(block, layer, context));
  show_init_cfg(context, imagenet_init_cfg(options.pretrained, options.init_cfg));
}

void SharedResLayer::train(bool on) {
  Layer::train(on);
  if (!norm_eval_) return;
  for (const auto& part : modules()) {
    // Python asks for BatchNorm2d here, which SyncBN is not.
    if (auto* norm = dynamic_cast<nn::BatchNorm2d*>(part.get())) norm->eval();
  }
}

DETFORGE_REGISTER(shared_heads, SharedResLayer,
                  {.name = "ResLayer",
                   .python = "mmdet.models.roi_heads.shared_heads.res_layer.ResLayer",
                   .meaning = "a stage of a ResNet on RoI features"});

}  // namespace detforge
