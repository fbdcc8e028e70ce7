#pragma once

#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"

namespace detforge {

/// mmcv's cells of searched necks: two levels, [N, C, H_i, W_i] each, brought to one size and merged.
class MergeCell : public nn::Module {
 public:
  enum class Operation { Sum, Concat, GlobalPooling };
  struct Options {
    Operation operation = Operation::Sum;
    std::int64_t channels = 0;  ///< of both inputs and of the output
    bool with_out_conv = true;
    nn::ConvModule::Options out_conv = default_out_conv();  ///< kernel, padding, groups, bias, norm and order of it
    bool with_input1_conv = false;
    bool with_input2_conv = false;
    nn::LayerConfigs input_layers = {};  ///< conv_cfg and norm_cfg of the convolutions of inputs
  };
  /// A 3×3 convolution with bias, a ReLU before it.
  static nn::ConvModule::Options default_out_conv();

  MergeCell(const Options& options, const BuildContext& context);

  /// Without a size, the output has that of the larger input, compared by height, then width.
  torch::Tensor forward(const torch::Tensor& first, const torch::Tensor& second, c10::OptionalArrayRef<std::int64_t> size = c10::nullopt);

 private:
  torch::Tensor compute(const torch::Tensor& first, const torch::Tensor& second, c10::OptionalArrayRef<std::int64_t> size);

  Operation operation_;
  std::shared_ptr<nn::ConvModule> out_conv_;  // null without
  std::shared_ptr<nn::Layer> input1_conv_;
  std::shared_ptr<nn::Layer> input2_conv_;
  std::shared_ptr<nn::Layer> global_pool_;  // of GlobalPooling
};

}  // namespace detforge
