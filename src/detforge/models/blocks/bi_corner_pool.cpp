#include "detforge/models/blocks/bi_corner_pool.h"

namespace detforge {
namespace {

constexpr std::int64_t feat_channels = 128;

/// mmcv's `CornerPool`.
class CornerPool : public nn::Layer {
 public:
  explicit CornerPool(ops::CornerPoolMode mode) : Layer("CornerPool"), mode_(mode) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return ops::corner_pool(input, mode_); }

 private:
  ops::CornerPoolMode mode_;
};

}  // namespace

BiCornerPool::BiCornerPool(std::int64_t in_channels, std::int64_t out_channels, std::array<ops::CornerPoolMode, 2> directions,
                           const BuildContext& context)
    : Layer("BiCornerPool") {
  const auto conv = [&](std::int64_t from, std::int64_t to, std::int64_t kernel_size, bool activates) {
    nn::ConvModule::Options options;
    options.in_channels = from;
    options.out_channels = to;
    options.kernel_size = kernel_size;
    options.padding = kernel_size / 2;
    options.layers.norm_cfg = ConfigDict{{"type", "BN"}, {"requires_grad", true}};
    if (activates) options.layers.act_cfg = ConfigDict{{"type", "ReLU"}};
    return std::make_shared<nn::ConvModule>(options, context);
  };
  direction_convs_[0] = register_module("direction1_conv", conv(in_channels, feat_channels, 3, true));
  direction_convs_[1] = register_module("direction2_conv", conv(in_channels, feat_channels, 3, true));
  aftpool_conv_ = register_module("aftpool_conv", conv(feat_channels, out_channels, 3, false));
  conv1_ = register_module("conv1", conv(in_channels, out_channels, 1, false));
  conv2_ = register_module("conv2", conv(in_channels, out_channels, 3, true));
  direction_pools_[0] = register_module("direction1_pool", std::make_shared<CornerPool>(directions[0]));
  direction_pools_[1] = register_module("direction2_pool", std::make_shared<CornerPool>(directions[1]));
  relu_ = register_module("relu", std::make_shared<nn::ReLU>(nn::ReLU::Options{.inplace = true}));
}

torch::Tensor BiCornerPool::compute(const torch::Tensor& input) {
  const auto towards = [&](std::size_t i) { return direction_pools_[i]->forward(direction_convs_[i]->forward(input)); };
  const torch::Tensor first = towards(0), second = towards(1);
  const torch::Tensor pooled = aftpool_conv_->forward(first + second);
  return conv2_->forward(relu_->forward(pooled + conv1_->forward(input)));
}

}  // namespace detforge
