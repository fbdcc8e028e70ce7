#include "detforge/nn/layers/linear_layers.h"

#include "detforge/nn/layers/linear.h"

namespace detforge::nn {

Registry<Layer>& linear_layers() {
  static Registry<Layer> registry("LINEAR_LAYERS");
  return registry;
}

std::shared_ptr<Layer> build_linear_layer(const Value& config, std::int64_t in_features, std::int64_t out_features,
                                          const BuildContext& context) {
  return linear_layers().build(config, context, Value::dict({{"in_features", in_features}, {"out_features", out_features}}));
}

/// `Linear` as configs name it.
class NamedLinear : public Linear {
 public:
  using Options = Linear::Options;
  static Arguments<Options> arguments() {
    return {arg(&Options::in_features, "in_features", required, "length of the input").at_least(1),
            arg(&Options::out_features, "out_features", required, "length of the output").at_least(1),
            arg(&Options::bias, "bias", "whether a bias is added")};
  }
  NamedLinear(const Options& options, const BuildContext&) : Linear(options) {}
};

/// Cosines instead of products: rows and weights are divided by their lengths to the power `power`, rows multiplied by a
/// temperature, whose name is the reference's.
class NormedLinear : public Linear {
 public:
  struct Options : Linear::Options {
    double tempearture = 20;
    double power = 1.0;
    double eps = 1e-6;
  };
  static Arguments<Options> arguments() {
    return {NamedLinear::arguments(), arg(&Options::tempearture, "tempearture", "factor of the cosines"),
            arg(&Options::power, "power", "of the lengths that are divided by"),
            arg(&Options::eps, "eps", "added to lengths, so that 0 divides nothing")};
  }
  NormedLinear(const Options& options, const BuildContext&) : Linear("NormedLinear", options), options_(options) {}

  std::string python_base() const override { return "Linear"; }
  void reset_parameters() override {
    const torch::NoGradGuard no_grad;
    weight().normal_(0, 0.01);
    if (bias().defined()) bias().zero_();
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const auto normed = [&](const torch::Tensor& rows) {
      return rows / (rows.norm(2, {1}, /*keepdim=*/true).pow(options_.power) + options_.eps);
    };
    return torch::linear(normed(input) * options_.tempearture, normed(weight()), bias());
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(linear_layers, NamedLinear,
                  {.name = "Linear", .python = "torch.nn.modules.linear.Linear", .meaning = "linear layer", .since = Reference::V2_27});
DETFORGE_REGISTER(linear_layers, NormedLinear,
                  {.name = "NormedLinear",
                   .python = "mmdet.models.utils.normed_predictor.NormedLinear",
                   .meaning = "linear layer of normalised rows and weights",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
