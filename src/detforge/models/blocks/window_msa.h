#pragma once

#include "detforge/models/blocks/token_map.h"
#include "detforge/nn/layers/dropout.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/softmax.h"

namespace detforge {

/// Self-attention within windows whose tokens know how they lie to each other (Swin, arXiv 2103.14030): [windows, S·S, C] → the same.
class WindowMSA : public nn::Layer {
 public:
  struct Options {
    std::int64_t embed_dims = 0;
    std::int64_t num_heads = 0;
    std::int64_t window_size = 7;  ///< S
    bool qkv_bias = true;
    std::optional<double> qk_scale = std::nullopt;  ///< of the products; none or 0: one over the root of a head's channels
    double attn_drop_rate = 0;
    double proj_drop_rate = 0;
  };

  explicit WindowMSA(const Options& options);

  /// With `mask` [W, S·S, S·S], added to the products of each run of W windows; undefined: nothing is.
  torch::Tensor forward(const torch::Tensor& windows, const torch::Tensor& mask) {
    return nn::observed(*this, {&windows, 1}, [&] { return attend(windows, mask); });
  }
  /// The biases of relative positions begin at 0.
  void reset_parameters() override;

 protected:
  torch::Tensor compute(const torch::Tensor& windows) override { return attend(windows, {}); }

 private:
  torch::Tensor attend(const torch::Tensor& windows, const torch::Tensor& mask);

  std::int64_t num_heads_;
  double scale_;
  torch::Tensor relative_position_bias_table_;  // [(2S - 1)², num_heads]
  torch::Tensor relative_position_index_;       // [S·S, S·S] rows of the table
  std::shared_ptr<nn::Linear> qkv_;
  std::shared_ptr<nn::Dropout> attn_drop_;
  std::shared_ptr<nn::Linear> proj_;
  std::shared_ptr<nn::Dropout> proj_drop_;
  std::shared_ptr<nn::Softmax> softmax_;
};

/// The same over a whole map, which is cut into windows; those of a shifted grid where `shift_size` px are not 0, whose parts from
/// opposite borders do not see each other.
class ShiftWindowMSA : public TokenLayer {
 public:
  struct Options {
    WindowMSA::Options window;
    std::int64_t shift_size = 0;
    double drop_path_rate = 0;
  };

  explicit ShiftWindowMSA(const Options& options);

 protected:
  torch::Tensor compute(const TokenMap& map) override;

 private:
  /// [N, H, W, C] → [N · windows, S·S, C]; sides are multiples of S.
  torch::Tensor partition(const torch::Tensor& map) const;
  /// Its inverse.
  torch::Tensor join(const torch::Tensor& windows, torch::IntArrayRef map_shape) const;
  /// Of a padded map of that size: [windows, S·S, S·S].
  torch::Tensor mask(ImageSize padded, const torch::TensorOptions& options) const;

  std::int64_t window_size_;
  std::int64_t shift_size_;
  std::shared_ptr<WindowMSA> w_msa_;
  std::shared_ptr<nn::Layer> drop_;
};

}  // namespace detforge
