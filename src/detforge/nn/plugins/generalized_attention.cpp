#include <fmt/format.h>

#include <cmath>

#include "detforge/base/error.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/conv2d.h"
#include "detforge/nn/layers/linear.h"
#include "detforge/nn/layers/pooling.h"

namespace detforge::nn {

/// mmcv's `GeneralizedAttention` (arXiv 1904.05873): attention of every pixel of [N, C, H, W] to all pixels, from up to
/// four terms: query and key content, query content and relative position, key content only, relative position only.
class GeneralizedAttention : public Layer {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t spatial_range = -1;
    std::int64_t num_heads = 9;
    std::int64_t position_embedding_dim = -1;
    std::int64_t position_magnitude = 1;
    std::int64_t kv_stride = 2;
    std::int64_t q_stride = 1;
    std::string attention_type = "1111";
  };
  static Arguments<Options> arguments();

  explicit GeneralizedAttention(const Options& options, const BuildContext& context = {});

  std::string abbreviation() const override { return "gen_attention_block"; }
  void reset_parameters() override;
  void init_weights(const PretrainedLoader&) override;

 protected:
  torch::Tensor compute(const torch::Tensor& input) override;

 private:
  void check(const Options& options) const;
  void make_local_constraint();
  void init_projections();
  /// Key content's part of the energy, [N, heads, h · w or 1, h_kv · w_kv].
  torch::Tensor content_energy(const torch::Tensor& queries, const torch::Tensor& x_kv);
  /// Relative position's part, [N or 1, heads, h, w, h_kv, w_kv].
  torch::Tensor position_energy(const torch::Tensor& queries, const torch::Tensor& x_q, const torch::Tensor& x_kv);
  /// Sines and cosines of the distances between `queries` and `keys` places of one axis: [queries, keys, dim / 2].
  torch::Tensor position_embedding(std::int64_t queries, std::int64_t keys, const torch::TensorOptions& like) const;

  Options options_;
  Reference reference_;
  bool query_to_key_, query_to_position_, key_alone_, position_alone_;
  std::int64_t head_channels_;
  std::int64_t embedding_dim_;
  std::shared_ptr<Conv2d> query_conv_;
  std::shared_ptr<Conv2d> key_conv_;
  std::shared_ptr<Conv2d> value_conv_;
  std::shared_ptr<Linear> appr_geom_fc_x_;
  std::shared_ptr<Linear> appr_geom_fc_y_;
  torch::Tensor appr_bias_;  // [heads · head_channels]
  torch::Tensor geom_bias_;  // [heads · head_channels]
  std::shared_ptr<Conv2d> proj_conv_;
  torch::Tensor gamma_;                 // [1]
  torch::Tensor local_constraint_map_;  // [84, 84, …] or [42, 42, …], 1 where attention may not go
  std::shared_ptr<AvgPool2d> q_downsample_;
  std::shared_ptr<AvgPool2d> kv_downsample_;
};

Arguments<GeneralizedAttention::Options> GeneralizedAttention::arguments() {
  return {arg(&Options::in_channels, "in_channels", required, "channels of the input").at_least(1),
          arg(&Options::spatial_range, "spatial_range", "px that attention reaches; -1: everywhere"),
          arg(&Options::num_heads, "num_heads", "groups of channels with an attention each").at_least(1),
          arg(&Options::position_embedding_dim, "position_embedding_dim", "sines and cosines of a position; -1: in_channels"),
          arg(&Options::position_magnitude, "position_magnitude", "factor of distances"),
          arg(&Options::kv_stride, "kv_stride", "keys lie on every k-th pixel").at_least(1),
          arg(&Options::q_stride, "q_stride", "queries lie on every k-th pixel").at_least(1),
          arg(&Options::attention_type, "attention_type", "which of the four terms count: '1111' all")};
}

void GeneralizedAttention::check(const Options& options) const {
  const std::string& type = options.attention_type;
  if (type.size() != 4 || type.find_first_not_of("01") != std::string::npos) {
    throw ArgumentError("attention_type", "must be four digits 0 or 1, got '" + type + "'");
  }
  if (options.spatial_range >= 0 && options.in_channels != 256 && options.in_channels != 512) {
    throw ArgumentError("spatial_range", "needs 256 or 512 channels");
  }
}

GeneralizedAttention::GeneralizedAttention(const Options& options, const BuildContext& context)
    : Layer("GeneralizedAttention"), options_(options), reference_(context.reference) {
  check(options);
  query_to_key_ = options.attention_type[0] == '1';
  query_to_position_ = options.attention_type[1] == '1';
  key_alone_ = options.attention_type[2] == '1';
  position_alone_ = options.attention_type[3] == '1';
  head_channels_ = options.in_channels / options.num_heads;
  embedding_dim_ = options.position_embedding_dim > 0 ? options.position_embedding_dim : options.in_channels;
  const std::int64_t inner = head_channels_ * options.num_heads;
  const auto conv = [&](const char* name, std::int64_t in_channels, std::int64_t out_channels, bool bias) {
    return register_module(
        name, std::make_shared<Conv2d>(Conv2d::Options{.in_channels = in_channels, .out_channels = out_channels, .bias = bias}));
  };
  if (query_to_key_ || query_to_position_) query_conv_ = conv("query_conv", options.in_channels, inner, false);
  if (query_to_key_ || key_alone_) key_conv_ = conv("key_conv", options.in_channels, inner, false);
  value_conv_ = conv("value_conv", options.in_channels, inner, false);
  if (query_to_position_ || position_alone_) {
    const Linear::Options geometry{.in_features = embedding_dim_ / 2, .out_features = inner, .bias = false};
    appr_geom_fc_x_ = register_module("appr_geom_fc_x", std::make_shared<Linear>(geometry));
    appr_geom_fc_y_ = register_module("appr_geom_fc_y", std::make_shared<Linear>(geometry));
  }
  if (key_alone_) appr_bias_ = register_parameter("appr_bias", torch::empty({inner}));
  if (position_alone_) geom_bias_ = register_parameter("geom_bias", torch::empty({inner}));
  proj_conv_ = conv("proj_conv", inner, options.in_channels, true);
  gamma_ = register_parameter("gamma", torch::empty({1}));
  if (options.spatial_range >= 0) make_local_constraint();
  const auto pool = [&](const char* name, std::int64_t stride) {
    return register_module(name, std::make_shared<AvgPool2d>(AvgPool2d::Options{.kernel_size = 1, .stride = stride}));
  };
  if (options.q_stride > 1) q_downsample_ = pool("q_downsample", options.q_stride);
  if (options.kv_stride > 1) kv_downsample_ = pool("kv_downsample", options.kv_stride);
}

/// Python keeps the map for the largest feature map that it expects, and cuts it.
void GeneralizedAttention::make_local_constraint() {
  const std::int64_t places = options_.in_channels == 256 ? 84 : 42, stride = options_.kv_stride, range = options_.spatial_range;
  const std::int64_t keys = (places - 1) / stride + 1;
  torch::Tensor near = torch::zeros({places, keys}, torch::kByte);  // of one axis
  const auto floor_divided = [&](std::int64_t value) { return (value >= 0 ? value : value - stride + 1) / stride; };
  for (std::int64_t place = 0; place < places; ++place) {
    const std::int64_t first = std::max<std::int64_t>(floor_divided(place - range), 0);
    const std::int64_t last = std::min((place + range + 1) / stride + 1, keys);
    if (first < last) near[place].slice(0, first, last).fill_(1);
  }
  const torch::Tensor map = 1 - near.view({places, 1, keys, 1}) * near.view({1, places, 1, keys});
  local_constraint_map_ = register_parameter("local_constraint_map", map, /*requires_grad=*/false);
}

void GeneralizedAttention::init_projections() {
  const std::vector<Module*> projections = {query_conv_.get(),     key_conv_.get(),       value_conv_.get(),
                                            appr_geom_fc_x_.get(), appr_geom_fc_y_.get(), proj_conv_.get()};
  for (Module* projection : projections) {
    if (projection != nullptr) caffe2_xavier_init(*projection);
  }
}

void GeneralizedAttention::reset_parameters() {
  const torch::NoGradGuard no_grad;
  const double bound = 1 / std::sqrt(2.0 * static_cast<double>(head_channels_));
  if (key_alone_) appr_bias_.uniform_(-bound, bound);
  if (position_alone_) geom_bias_.uniform_(-bound, bound);
  gamma_.zero_();
  init_projections();
}

void GeneralizedAttention::init_weights(const PretrainedLoader&) {
  if (reference_ == Reference::V2_27) init_projections();
}

torch::Tensor GeneralizedAttention::content_energy(const torch::Tensor& queries, const torch::Tensor& x_kv) {
  const torch::Tensor keys = key_conv_->forward(x_kv).view({x_kv.size(0), options_.num_heads, head_channels_, -1});
  torch::Tensor asking = query_to_key_ ? queries : torch::zeros({1, 1, 1, 1}, x_kv.options());
  if (key_alone_) asking = asking + appr_bias_.view({1, options_.num_heads, 1, head_channels_});
  return torch::matmul(asking, keys);
}

torch::Tensor GeneralizedAttention::position_embedding(std::int64_t queries, std::int64_t keys, const torch::TensorOptions& like) const {
  const torch::Tensor places = torch::arange(queries, like).view({-1, 1}) * options_.q_stride;
  const torch::Tensor key_places = torch::arange(keys, like).view({1, -1}) * options_.kv_stride;
  const torch::Tensor distances = ((places - key_places) * options_.position_magnitude).unsqueeze(2);
  const auto dim = static_cast<double>(embedding_dim_);
  const torch::Tensor exponents = torch::arange(std::ceil(dim / 4), like) * (4 / dim);
  const torch::Tensor angles = distances / torch::pow(torch::full({1}, 1000, like), exponents);
  return torch::cat({angles.sin(), angles.cos()}, 2);
}

torch::Tensor GeneralizedAttention::position_energy(const torch::Tensor& queries, const torch::Tensor& x_q, const torch::Tensor& x_kv) {
  const std::int64_t heads = options_.num_heads, height = x_q.size(2), width = x_q.size(3);
  const auto features = [&](Linear& projection, std::int64_t places, std::int64_t keys) {
    const torch::Tensor embedded = projection.forward(position_embedding(places, keys, x_q.options()));
    return embedded.view({places, keys, heads, head_channels_}) / std::sqrt(2.0);
  };
  const torch::Tensor along_x = features(*appr_geom_fc_x_, width, x_kv.size(3));
  const torch::Tensor along_y = features(*appr_geom_fc_y_, height, x_kv.size(2));
  torch::Tensor asking = torch::zeros({1, heads, height, width, head_channels_}, x_q.options());
  if (query_to_position_) asking = queries.view({x_q.size(0), heads, height, width, head_channels_});
  if (position_alone_) asking = asking + geom_bias_.view({1, heads, 1, 1, head_channels_});
  const torch::Tensor energy_x = torch::einsum("nahwc,wkac->nahwk", {asking, along_x});
  // Without a bias of positions mmcv asks along y with rows and columns exchanged, and fails where they are not as many.
  const bool exchanged = query_to_position_ && !position_alone_;
  if (exchanged && height != width) {
    throw Error(fmt::format("GeneralizedAttention with attention_type '{}' takes square maps only, got {} × {}", options_.attention_type,
                            height, width));
  }
  const torch::Tensor energy_y = torch::einsum("nahwc,hkac->nahwk", {exchanged ? asking.transpose(2, 3) : asking, along_y});
  return energy_x.unsqueeze(4) + energy_y.unsqueeze(5);
}

torch::Tensor GeneralizedAttention::compute(const torch::Tensor& input) {
  const torch::Tensor x_q = q_downsample_ ? q_downsample_->forward(input) : input;
  const torch::Tensor x_kv = kv_downsample_ ? kv_downsample_->forward(input) : input;
  const std::int64_t samples = input.size(0), heads = options_.num_heads;
  const std::int64_t keys = x_kv.size(2) * x_kv.size(3);
  std::int64_t height = x_q.size(2), width = x_q.size(3);
  torch::Tensor queries;  // [N, heads, h · w, head_channels]
  if (query_conv_) queries = query_conv_->forward(x_q).view({samples, heads, head_channels_, height * width}).transpose(2, 3).contiguous();

  // Where only the keys count, all pixels share one attention.
  const bool shared = key_alone_ && !query_to_key_ && !query_to_position_ && !position_alone_;
  if (shared) height = width = 1;
  torch::Tensor energy = torch::zeros({samples, heads, height * width, keys}, input.options());
  if (key_conv_) energy = energy + content_energy(queries, x_kv);
  if (appr_geom_fc_x_) energy = energy + position_energy(queries, x_q, x_kv).reshape({-1, heads, height * width, keys});
  if (local_constraint_map_.defined()) {
    const torch::Tensor far =
        local_constraint_map_.slice(0, 0, height).slice(1, 0, width).slice(2, 0, x_kv.size(2)).slice(3, 0, x_kv.size(3));
    energy = energy.masked_fill(far.reshape({1, 1, height * width, keys}).to(torch::kBool), -std::numeric_limits<double>::infinity());
  }
  const torch::Tensor values = value_conv_->forward(x_kv).view({samples, heads, head_channels_, keys}).transpose(2, 3);
  torch::Tensor output = torch::matmul(energy.softmax(3), values).transpose(2, 3).contiguous();
  output = proj_conv_->forward(output.view({samples, heads * head_channels_, height, width}));
  if (q_downsample_) {
    output = torch::upsample_bilinear2d(output, input.sizes().slice(2), /*align_corners=*/false);
  }
  return gamma_ * output + input;
}

DETFORGE_REGISTER(plugin_layers, GeneralizedAttention,
                  {.name = "GeneralizedAttention",
                   .python = "mmcv.cnn.bricks.generalized_attention.GeneralizedAttention",
                   .meaning = "attention in four terms (arXiv 1904.05873)"});

}  // namespace detforge::nn
