#pragma once

#include "detforge/nn/transformer/transformer_layer.h"

namespace detforge::nn {

/// mmcv's `BaseTransformerLayer`: a layer whose parts and their order are configured.
class BaseTransformerLayer : public TransformerLayer {
 public:
  /// One for all, or one for each.
  using PartConfigs = std::variant<ConfigDict, std::vector<ConfigDict>>;

  struct Options {
    std::optional<PartConfigs> attn_cfgs;
    PartConfigs ffn_cfgs =
        ConfigDict{{"type", "FFN"}, {"embed_dims", 256}, {"feedforward_channels", 1024},
                   {"num_fcs", 2},  {"ffn_drop", 0.0},   {"act_cfg", Value::dict({{"type", "ReLU"}, {"inplace", true}})}};
    std::optional<std::vector<TransformerOperation>> operation_order;
    ConfigDict norm_cfg = {{"type", "LN"}};
    std::optional<Value> init_cfg;
    bool batch_first = false;
    std::optional<std::int64_t> feedforward_channels;
    std::optional<double> ffn_dropout;
    std::optional<std::int64_t> ffn_num_fcs;
    ConfigDict act_cfg = {{"type", "ReLU"}, {"inplace", true}};
  };
  static Arguments<Options> arguments();

  explicit BaseTransformerLayer(const Options& options, const BuildContext& context = {})
      : BaseTransformerLayer("BaseTransformerLayer", options, context) {}

 protected:
  BaseTransformerLayer(std::string python_name, const Options& options, const BuildContext& context);
};

}  // namespace detforge::nn
