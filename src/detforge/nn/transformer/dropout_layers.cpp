#include "detforge/nn/transformer/dropout_layers.h"

#include "detforge/nn/layers/identity.h"

namespace detforge::nn {

Registry<Layer>& dropout_layers() {
  static Registry<Layer> registry("DROPOUT_LAYERS");
  return registry;
}

std::shared_ptr<Layer> build_dropout(const std::optional<ConfigDict>& dropout_cfg, const BuildContext& context) {
  if (!dropout_cfg || dropout_cfg->value().empty()) return std::make_shared<Identity>();
  return dropout_layers().build(*dropout_cfg, context);
}

/// `Dropout` as configs name it.
class NamedDropout : public Dropout {
 public:
  struct Options {
    double drop_prob = 0.5;
    bool inplace = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::drop_prob, "drop_prob", "probability of a number to become 0").check(is_probability),
            arg(&Options::inplace, "inplace", "overwrite the input instead of allocating")};
  }
  NamedDropout(const Options& options, const BuildContext&) : Dropout({.p = options.drop_prob, .inplace = options.inplace}) {}

  static std::string is_probability(const double& number) {
    return number >= 0 && number <= 1 ? "" : "must be a probability, between 0 and 1";
  }
};

Arguments<DropPath::Options> DropPath::arguments() {
  return {arg(&Options::drop_prob, "drop_prob", "probability of an image's part to become 0").check(NamedDropout::is_probability)};
}

torch::Tensor DropPath::compute(const torch::Tensor& input) {
  if (drop_prob_ == 0 || !is_training()) return input;
  const double keep_prob = 1 - drop_prob_;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(input.dim()), 1);
  shape[0] = input.size(0);
  return input.div(keep_prob) * torch::rand(shape, input.options().requires_grad(false)).add_(keep_prob).floor_();
}

DETFORGE_REGISTER(
    dropout_layers, NamedDropout,
    {.name = "Dropout", .python = "mmcv.cnn.bricks.drop.Dropout", .meaning = "leaves single numbers out", .since = Reference::V2_27});
DETFORGE_REGISTER(dropout_layers, DropPath,
                  {.name = "DropPath",
                   .python = "mmcv.cnn.bricks.drop.DropPath",
                   .meaning = "leaves the whole of an image out (arXiv 1603.09382)",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
