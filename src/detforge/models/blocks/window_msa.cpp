#include "detforge/models/blocks/window_msa.h"

#include <cmath>

#include "detforge/nn/transformer/dropout_layers.h"

namespace detforge {
namespace {

/// For each pair of tokens of a window of S·S the row of the table for how they lie to each other.
torch::Tensor window_msa_positions(std::int64_t size) {
  const torch::Tensor rows = torch::arange(size).unsqueeze(1) * (2 * size - 1);
  const torch::Tensor places = (rows + torch::arange(size)).flatten();
  return (places.unsqueeze(0) + places.unsqueeze(1)).flip(1).contiguous();
}

}  // namespace

WindowMSA::WindowMSA(const Options& options) : Layer("WindowMSA"), num_heads_(options.num_heads) {
  const std::int64_t channels = options.embed_dims, positions = 2 * options.window_size - 1;
  const double of_head = 1 / std::sqrt(static_cast<double>(channels / options.num_heads));
  scale_ = options.qk_scale.value_or(0) != 0 ? *options.qk_scale : of_head;
  relative_position_bias_table_ =
      register_parameter("relative_position_bias_table", torch::empty({positions * positions, options.num_heads}));
  relative_position_index_ = register_buffer("relative_position_index", window_msa_positions(options.window_size));
  qkv_ = register_module("qkv", std::make_shared<nn::Linear>(nn::Linear::Options{channels, 3 * channels, options.qkv_bias}));
  attn_drop_ = register_module("attn_drop", std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.attn_drop_rate}));
  proj_ = register_module("proj", std::make_shared<nn::Linear>(nn::Linear::Options{channels, channels}));
  proj_drop_ = register_module("proj_drop", std::make_shared<nn::Dropout>(nn::Dropout::Options{.p = options.proj_drop_rate}));
  softmax_ = register_module("softmax", std::make_shared<nn::Softmax>(-1));
}

void WindowMSA::reset_parameters() {
  const torch::NoGradGuard no_grad;
  relative_position_bias_table_.zero_();
}

torch::Tensor WindowMSA::attend(const torch::Tensor& windows, const torch::Tensor& mask) {
  const std::int64_t count = windows.size(0), length = windows.size(1), channels = windows.size(2);
  const torch::Tensor qkv = qkv_->forward(windows).reshape({count, length, 3, num_heads_, channels / num_heads_}).permute({2, 0, 3, 1, 4});
  const torch::Tensor biases =
      relative_position_bias_table_.index_select(0, relative_position_index_.flatten()).view({length, length, num_heads_});
  torch::Tensor products = torch::matmul(qkv[0] * scale_, qkv[1].transpose(-2, -1)) + biases.permute({2, 0, 1}).unsqueeze(0);
  if (mask.defined()) {
    const std::int64_t run = mask.size(0);
    products = (products.view({count / run, run, num_heads_, length, length}) + mask.unsqueeze(1)).view_as(products);
  }
  const torch::Tensor attention = attn_drop_->forward(softmax_->forward(products));
  const torch::Tensor seen = torch::matmul(attention, qkv[2]).transpose(1, 2).reshape({count, length, channels});
  return proj_drop_->forward(proj_->forward(seen));
}

ShiftWindowMSA::ShiftWindowMSA(const Options& options)
    : TokenLayer("ShiftWindowMSA"), window_size_(options.window.window_size), shift_size_(options.shift_size) {
  w_msa_ = register_module("w_msa", std::make_shared<WindowMSA>(options.window));
  drop_ = register_module("drop", std::make_shared<nn::DropPath>(nn::DropPath::Options{options.drop_path_rate}));
}

torch::Tensor ShiftWindowMSA::partition(const torch::Tensor& map) const {
  const std::int64_t rows = map.size(1) / window_size_, columns = map.size(2) / window_size_, channels = map.size(3);
  return map.view({map.size(0), rows, window_size_, columns, window_size_, channels})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({map.size(0) * rows * columns, window_size_ * window_size_, channels});
}

torch::Tensor ShiftWindowMSA::join(const torch::Tensor& windows, torch::IntArrayRef map_shape) const {
  const std::int64_t rows = map_shape[1] / window_size_, columns = map_shape[2] / window_size_;
  return windows.view({map_shape[0], rows, columns, window_size_, window_size_, map_shape[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape(map_shape);
}

torch::Tensor ShiftWindowMSA::mask(ImageSize padded, const torch::TensorOptions& options) const {
  constexpr double unseen = -100;
  // Along each side: what no window of the shifted grid joins with the other border, what it does, and what comes from there.
  const auto regions = [&](std::int64_t length) {
    const torch::Tensor places = torch::arange(length, options.dtype(torch::kLong));
    return (places >= length - window_size_).to(torch::kLong) + (places >= length - shift_size_).to(torch::kLong);
  };
  const torch::Tensor region = regions(padded.height).unsqueeze(1) * 3 + regions(padded.width);
  const torch::Tensor windows = partition(region.unsqueeze(0).unsqueeze(-1)).squeeze(-1);
  return torch::zeros({}, options).masked_fill(windows.unsqueeze(1) != windows.unsqueeze(2), unseen);
}

torch::Tensor ShiftWindowMSA::compute(const TokenMap& map) {
  const auto [height, width] = map.size;
  const std::int64_t below = (window_size_ - height % window_size_) % window_size_,
                     right = (window_size_ - width % window_size_) % window_size_;
  torch::Tensor padded = map.tokens.view({map.tokens.size(0), height, width, map.tokens.size(2)});
  if (below > 0 || right > 0) padded = torch::constant_pad_nd(padded, {0, 0, 0, right, 0, below});
  torch::Tensor attention_mask;
  if (shift_size_ > 0) {
    padded = padded.roll({-shift_size_, -shift_size_}, {1, 2});
    attention_mask = mask({padded.size(1), padded.size(2)}, padded.options().requires_grad(false));
  }
  torch::Tensor seen = join(w_msa_->forward(partition(padded), attention_mask), padded.sizes());
  if (shift_size_ > 0) seen = seen.roll({shift_size_, shift_size_}, {1, 2});
  return drop_->forward(seen.slice(1, 0, height).slice(2, 0, width).reshape_as(map.tokens));
}

}  // namespace detforge
