#include "detforge/nn/activations/inplace_options.h"
#include "detforge/nn/layers/build_layer.h"

namespace detforge::nn {

/// x · min(max(x + 3, 0), 6) / 6 (MobileNetV3, arXiv 1905.02244): mmcv's own class in 2.8, PyTorch's in 2.27.
class HSwish : public Layer {
 public:
  using Options = InplaceOptions;
  static Arguments<Options> arguments() { return inplace_arguments(); }

  explicit HSwish(const Options& options, const BuildContext& context = {})
      : Layer(context.reference == Reference::V2_27 ? "Hardswish" : "HSwish"), inplace_(options.inplace) {
    if (context.reference == Reference::V2_27) return;
    act_ = register_module("act", build_activation_layer({{"type", "ReLU6"}}, options.inplace, context));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    if (act_) return input * act_->forward(input + 3) / 6;
    torch::Tensor output = input;
    return inplace_ ? torch::hardswish_(output) : torch::hardswish(input);
  }

 private:
  bool inplace_;
  std::shared_ptr<Layer> act_;
};

DETFORGE_REGISTER(activation_layers, HSwish,
                  {.name = "HSwish", .python = "mmcv.cnn.bricks.hswish.HSwish", .meaning = "a straight line for swish (arXiv 1905.02244)"});

}  // namespace detforge::nn
