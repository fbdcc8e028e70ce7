#include <gtest/gtest.h>

#include <cmath>

#include "detforge/nn/init/initializer.h"
#include "detforge/nn/layers/build_layer.h"

/// The plugin layers against loops over pixels.
namespace detforge::nn {
namespace {

torch::Tensor image(std::int64_t channels) {
  torch::manual_seed(3);
  return torch::randn({2, channels, 4, 6});
}

std::shared_ptr<Layer> build(ConfigDict config, std::int64_t channels) {
  torch::manual_seed(4);
  auto layer = build_plugin_layer(config, channels, {}).layer;
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : layer->parameters()) {
    if (parameter.is_floating_point()) parameter.uniform_(-0.7, 0.7);
  }
  layer->eval();
  return layer;
}

/// The 1×1 convolution of that name over [N, C, pixels].
torch::Tensor convolved(const Layer& layer, const std::string& name, const torch::Tensor& pixels) {
  const auto parameters = layer.named_parameters();
  const torch::Tensor weight = parameters[name + ".weight"].flatten(1);
  const torch::Tensor output = torch::matmul(weight, pixels);
  return parameters.contains(name + ".bias") ? output + parameters[name + ".bias"].view({1, -1, 1}) : output;
}

TEST(Plugins, HaveMmcvsNames) {
  EXPECT_EQ(build_plugin_layer({{"type", "ContextBlock"}, {"ratio", 0.5}}, 8, {}).name, "context_block");
  EXPECT_EQ(build_plugin_layer({{"type", "NonLocal2d"}, {"postfix", 1}}, 8, {}).name, "nonlocal_block1");
  EXPECT_EQ(build_plugin_layer({{"type", "GeneralizedAttention"}, {"num_heads", 2}, {"postfix", "_x"}}, 8, {}).name,
            "gen_attention_block_x");
  EXPECT_EQ(build_plugin_layer({{"type", "ConvModule"}, {"out_channels", 8}, {"kernel_size", 1}}, 8, {}).name, "conv_block");
}

TEST(Plugins, BeginAsTheIdentity) {
  for (const ConfigDict& config : {ConfigDict{{"type", "ContextBlock"}, {"ratio", 0.5}}, ConfigDict{{"type", "NonLocal2d"}},
                                   ConfigDict{{"type", "GeneralizedAttention"}, {"num_heads", 2}}}) {
    const auto layer = build_plugin_layer(config, 8, {}).layer;
    initialize_weights(*layer);
    EXPECT_TRUE(torch::allclose(layer->forward(image(8)), image(8))) << layer->python_name();
  }
}

TEST(NonLocal2d, WeighsAllPixelsInEachMode) {
  for (const std::string mode : {"gaussian", "embedded_gaussian", "dot_product", "concatenation"}) {
    const auto layer = build({{"type", "NonLocal2d"}, {"mode", mode}, {"reduction", 2}}, 4);
    const torch::Tensor input = image(4), pixels = input.flatten(2);
    const torch::Tensor values = convolved(*layer, "g.conv", pixels);
    const torch::Tensor theta = mode == "gaussian" ? pixels : convolved(*layer, "theta.conv", pixels);
    const torch::Tensor phi = mode == "gaussian" ? pixels : convolved(*layer, "phi.conv", pixels);
    torch::Tensor weights = torch::zeros({2, 24, 24});
    for (std::int64_t from = 0; from < 24; ++from) {
      for (std::int64_t to = 0; to < 24; ++to) {
        const torch::Tensor a = theta.select(2, from), b = phi.select(2, to);
        torch::Tensor weight = (a * b).sum(1);
        if (mode == "embedded_gaussian") weight = weight / std::sqrt(2.0);
        if (mode == "dot_product") weight = weight / 24;
        if (mode == "concatenation") {
          const torch::Tensor project = layer->named_parameters()["concat_project.conv.weight"].view({-1});
          weight = torch::matmul(torch::cat({a, b}, 1), project).relu() / 24;
        }
        weights.select(1, from).select(1, to).copy_(weight);
      }
    }
    if (mode == "gaussian" || mode == "embedded_gaussian") weights = weights.softmax(2);
    const torch::Tensor sums = torch::matmul(values, weights.transpose(1, 2));
    const torch::Tensor wanted = input + convolved(*layer, "conv_out.conv", sums).view_as(input);
    EXPECT_TRUE(torch::allclose(layer->forward(input), wanted, 1e-4, 1e-5)) << mode;
  }
}

TEST(NonLocal2d, SamplesBehindItsConvolutions) {
  const auto layer = build({{"type", "NonLocal2d"}, {"sub_sample", true}}, 4);
  EXPECT_EQ(layer->forward(image(4)).sizes(), image(4).sizes());
  EXPECT_NE(repr(*layer).find("(1): MaxPool2d(kernel_size=(2, 2), stride=(2, 2), padding=0, dilation=1, ceil_mode=False)"),
            std::string::npos);
  std::vector<std::string> names;
  for (const NamedTensor& entry : state_dict(*layer)) names.push_back(entry.name);
  EXPECT_EQ(names.front(), "g.0.conv.weight");
  EXPECT_EQ(names.back(), "phi.0.conv.bias");
}

TEST(ContextBlock, FusesOneContextPerImage) {
  for (const char* pooling : {"att", "avg"}) {
    const ConfigDict config = {
        {"type", "ContextBlock"}, {"ratio", 0.5}, {"pooling_type", pooling}, {"fusion_types", Value::list({"channel_add", "channel_mul"})}};
    const auto layer = build(config, 4);
    const torch::Tensor input = image(4), pixels = input.flatten(2);
    torch::Tensor weights = torch::full({2, 1, 24}, 1.0 / 24);
    if (std::string(pooling) == "att") weights = convolved(*layer, "conv_mask", pixels).softmax(2);
    const torch::Tensor context = (pixels * weights).sum(2, /*keepdim=*/true);
    const auto transformed = [&](const std::string& name) {
      const auto parameters = layer->named_parameters();
      torch::Tensor hidden = convolved(*layer, name + ".0", context);
      const torch::Tensor centred = hidden - hidden.mean({1, 2}, /*keepdim=*/true);
      hidden = centred / (centred.square().mean({1, 2}, /*keepdim=*/true) + 1e-5).sqrt();
      hidden = hidden * parameters[name + ".1.weight"].view({1, -1, 1}) + parameters[name + ".1.bias"].view({1, -1, 1});
      return convolved(*layer, name + ".3", hidden.relu());
    };
    const torch::Tensor wanted = pixels * transformed("channel_mul_conv").sigmoid() + transformed("channel_add_conv");
    EXPECT_TRUE(torch::allclose(layer->forward(input), wanted.view_as(input), 1e-4, 1e-5)) << pooling;
  }
  EXPECT_THROW(build({{"type", "ContextBlock"}, {"ratio", 0.5}, {"fusion_types", Value::list({"add"})}}, 4), Error);
}

/// Attention of `channels` channels in two heads, pair of pixels by pair of pixels.
torch::Tensor attention_by_loops(const Layer& layer, const std::string& type, std::int64_t kv_stride, const torch::Tensor& input) {
  const auto parameters = layer.named_parameters();
  const std::int64_t channels = input.size(1), heads = 2, inner = channels / heads, height = input.size(2), width = input.size(3);
  const torch::Tensor sampled = input.slice(2, 0, height, kv_stride).slice(3, 0, width, kv_stride);
  const std::int64_t rows = sampled.size(2), columns = sampled.size(3);
  const auto embedded = [&](const char* name, std::int64_t place, std::int64_t key) {
    const auto distance = static_cast<double>(place - key * kv_stride);
    torch::Tensor waves = torch::zeros({channels / 2});
    for (std::int64_t i = 0; i < channels / 4; ++i) {
      const double angle = distance / std::pow(1000, 4.0 / static_cast<double>(channels) * static_cast<double>(i));
      waves[i] = std::sin(angle);
      waves[channels / 4 + i] = std::cos(angle);
    }
    return torch::matmul(parameters[std::string(name) + ".weight"], waves) / std::sqrt(2.0);
  };
  torch::Tensor output = torch::zeros_like(input);
  for (std::int64_t n = 0; n < input.size(0); ++n) {
    const torch::Tensor values = convolved(layer, "value_conv", sampled[n].flatten(1).unsqueeze(0))[0];
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < width; ++x) {
        torch::Tensor sums = torch::zeros({channels});
        for (std::int64_t head = 0; head < heads; ++head) {
          const auto part = [&](const torch::Tensor& all) { return all.slice(0, head * inner, (head + 1) * inner); };
          torch::Tensor energy = torch::zeros({rows * columns});
          for (std::int64_t key = 0; key < rows * columns; ++key) {
            const std::int64_t key_y = key / columns, key_x = key % columns;
            double sum = 0;
            const auto add = [&](const torch::Tensor& a, const torch::Tensor& b) { sum += (part(a) * part(b)).sum().item<double>(); };
            torch::Tensor content, along_x, along_y;
            const auto query_at = [&](std::int64_t row, std::int64_t column) {
              return convolved(layer, "query_conv", input[n].select(1, row).select(1, column).view({1, -1, 1})).view({-1});
            };
            if (type[0] == '1' || type[2] == '1')
              content = convolved(layer, "key_conv", sampled[n].select(1, key_y).select(1, key_x).view({1, -1, 1})).view({-1});
            if (type[1] == '1' || type[3] == '1') {
              along_x = embedded("appr_geom_fc_x", x, key_x);
              along_y = embedded("appr_geom_fc_y", y, key_y);
            }
            if (type[0] == '1') add(query_at(y, x), content);
            if (type[1] == '1') add(query_at(y, x), along_x);
            // mmcv's slip: without the bias of positions it is the pixel with row and column exchanged that asks along y.
            if (type[1] == '1') add(type[3] == '1' ? query_at(y, x) : query_at(x, y), along_y);
            if (type[2] == '1') add(parameters["appr_bias"], content);
            if (type[3] == '1') add(parameters["geom_bias"], along_x + along_y);
            energy[key] = sum;
          }
          part(sums).copy_(torch::matmul(part(values), energy.softmax(0)));
        }
        output[n].select(1, y).select(1, x).copy_(sums);
      }
    }
  }
  const torch::Tensor projected = convolved(layer, "proj_conv", output.flatten(2)).view_as(input);
  return parameters["gamma"] * projected + input;
}

TEST(GeneralizedAttention, AddsTheTermsOfItsType) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  for (const std::string type : {"1111", "1000", "0100", "0010", "0001", "0011", "1100", "0110", "1110", "0101", "0000"}) {
    const bool square = type[1] == '1' && type[3] == '0';
    const torch::Tensor input = torch::randn({2, 8, square ? 4 : 3, 4});
    for (const std::int64_t kv_stride : {1, 2}) {
      const auto layer = build({{"type", "GeneralizedAttention"}, {"num_heads", 2}, {"attention_type", type}, {"kv_stride", kv_stride}}, 8);
      EXPECT_TRUE(torch::allclose(layer->forward(input), attention_by_loops(*layer, type, kv_stride, input), 1e-4, 1e-5)) << type;
    }
  }
}

TEST(GeneralizedAttention, SaysThatMmcvFailsOnOblongMaps) {
  const auto layer = build({{"type", "GeneralizedAttention"}, {"num_heads", 2}, {"attention_type", "0100"}}, 8);
  try {
    layer->forward(torch::randn({1, 8, 3, 4}));
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().message, "GeneralizedAttention with attention_type '0100' takes square maps only, got 3 × 4");
  }
}

TEST(GeneralizedAttention, LooksNoFartherThanItsRange) {
  const torch::NoGradGuard no_grad;
  const auto layer =
      build({{"type", "GeneralizedAttention"}, {"num_heads", 2}, {"spatial_range", 1}, {"kv_stride", 1}, {"attention_type", "1000"}}, 256);
  torch::Tensor input = torch::randn({1, 256, 6, 6});
  const torch::Tensor before = layer->forward(input);
  input.select(2, 5).select(2, 5) += 1;
  const torch::Tensor changed = (layer->forward(input) - before).abs().sum(1)[0] > 1e-4;
  // As mmcv has it, one pixel more on the side where places are larger.
  EXPECT_EQ(changed.slice(0, 0, 3).sum().item<std::int64_t>(), 0);
  EXPECT_EQ(changed.slice(1, 0, 3).sum().item<std::int64_t>(), 0);
  EXPECT_TRUE(changed[4][4].item<bool>());
}

TEST(GeneralizedAttention, KeepsItsSizeWhereQueriesAreFewer) {
  const auto layer = build({{"type", "GeneralizedAttention"}, {"num_heads", 2}, {"q_stride", 2}}, 8);
  EXPECT_EQ(layer->forward(image(8)).sizes(), image(8).sizes());
  EXPECT_THROW(build({{"type", "GeneralizedAttention"}, {"attention_type", "111"}}, 8), Error);
}

}  // namespace
}  // namespace detforge::nn
