#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

/// What PyTorch's padding layers share: `padding` px on the left, right, top and bottom; one number stands for all.
class PaddingLayer : public Layer {
 public:
  struct Options {
    std::variant<std::int64_t, std::array<std::int64_t, 4>> padding = 0;
  };
  static Arguments<Options> arguments() { return {arg(&Options::padding, "padding", required, "px on the left, right, top and bottom")}; }

  PaddingLayer(std::string python_name, const Options& options) : Layer(std::move(python_name)) {
    if (const auto* all = std::get_if<std::int64_t>(&options.padding)) {
      sides_.assign(4, *all);
    } else {
      const auto& each = std::get<1>(options.padding);
      sides_.assign(each.begin(), each.end());
    }
  }

  std::string extra_repr() const override { return detforge::repr(Value::tuple(Value::Elements(sides_.begin(), sides_.end()))); }

 protected:
  std::vector<std::int64_t> sides_;
};

class ZeroPad2d : public PaddingLayer {
 public:
  explicit ZeroPad2d(const Options& options, const BuildContext& = {}) : PaddingLayer("ZeroPad2d", options) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::constant_pad_nd(input, sides_); }
};

class ReflectionPad2d : public PaddingLayer {
 public:
  explicit ReflectionPad2d(const Options& options, const BuildContext& = {}) : PaddingLayer("ReflectionPad2d", options) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::reflection_pad2d(input, sides_); }
};

class ReplicationPad2d : public PaddingLayer {
 public:
  explicit ReplicationPad2d(const Options& options, const BuildContext& = {}) : PaddingLayer("ReplicationPad2d", options) {}

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return torch::replication_pad2d(input, sides_); }
};

DETFORGE_REGISTER(padding_layers, ZeroPad2d, {.name = "zero", .python = "torch.nn.modules.padding.ZeroPad2d", .meaning = "zeros"});
DETFORGE_REGISTER(padding_layers, ReflectionPad2d,
                  {.name = "reflect", .python = "torch.nn.modules.padding.ReflectionPad2d", .meaning = "the image mirrored"});
DETFORGE_REGISTER(padding_layers, ReplicationPad2d,
                  {.name = "replicate", .python = "torch.nn.modules.padding.ReplicationPad2d", .meaning = "the border repeated"});

}  // namespace detforge::nn
