#pragma once

#include <optional>

#include "detforge/nn/layers/conv2d.h"
#include "detforge/ops/deform_conv.h"

namespace detforge::nn {

/// What deformable convolutions are given.
struct DeformConvArguments {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Pair kernel_size = 1;
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  std::int64_t groups = 1;
  std::int64_t deform_groups = 1;
  std::optional<std::int64_t> deformable_groups = std::nullopt;  ///< older name of deform_groups
  bool bias = false;
  std::int64_t im2col_step = 32;  ///< has no meaning here

  /// Throws `ArgumentError` for groups that do not divide the channels.
  void check() const;
  ops::DeformConvOptions options() const;
  torch::Tensor empty_weight() const;
  /// The convolution that finds `per_element` numbers for each element of the kernel, with the same window.
  std::shared_ptr<Conv2d> offset_conv(std::int64_t per_element, const BuildContext& context) const;
  /// The text of mmcv 1.7's classes.
  std::string text(const std::string& python_name) const;
};

/// mmcv's `DeformConv2d` (arXiv 1703.06211): `input` [N, in_channels, H, W] and `offset` [N, deform_groups · kh · kw · 2, H', W'] (px,
/// y before x) → [N, out_channels, H', W'].
class DeformConv2d : public Module {
 public:
  using Options = DeformConvArguments;

  explicit DeformConv2d(const Options& options, const BuildContext& context = {});

  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& offset);
  torch::Tensor& weight() { return weight_; }

  std::optional<std::string> own_repr() const override;
  void reset_parameters() override;

 private:
  Options options_;
  Reference reference_;
  torch::Tensor weight_;
};

/// mmcv's `ModulatedDeformConv2d` (arXiv 1811.11168): the same with a `mask` [N, deform_groups · kh · kw, H', W'] of weights for the
/// samples.
class ModulatedDeformConv2d : public Module {
 public:
  struct Options : DeformConvArguments {
    Options() { bias = true; }
  };

  explicit ModulatedDeformConv2d(const Options& options, const BuildContext& context = {});

  torch::Tensor forward(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask);
  torch::Tensor& weight() { return weight_; }
  torch::Tensor& bias() { return bias_; }

  void reset_parameters() override;

 private:
  Options options_;
  torch::Tensor weight_, bias_;
};

/// Fill a deformable convolution's weight as mmcv does: between ±1/√(fan in) or, since 1.3.17, by Kaiming's rule.
void reset_deform_weight(const torch::Tensor& weight, std::int64_t in_channels, Reference reference);

}  // namespace detforge::nn
