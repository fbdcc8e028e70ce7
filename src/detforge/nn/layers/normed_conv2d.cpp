#include "detforge/nn/layers/conv2d.h"

namespace detforge::nn {

/// Cosines instead of products: each place and each kernel are divided by their lengths over the channels to the power `power`,
/// places multiplied by a temperature, whose name is the reference's.
class NormedConv2d : public Conv2d {
 public:
  struct Options : Conv2d::Options {
    double tempearture = 20;
    double power = 1.0;
    double eps = 1e-6;
    bool norm_over_kernel = false;
  };
  static Arguments<Options> arguments() {
    return {Conv2d::arguments(), arg(&Options::tempearture, "tempearture", "factor of the cosines"),
            arg(&Options::power, "power", "of the lengths that are divided by"),
            arg(&Options::eps, "eps", "added to lengths, so that 0 divides nothing"),
            arg(&Options::norm_over_kernel, "norm_over_kernel", "lengths of whole kernels instead of their places")};
  }
  NormedConv2d(const Options& options, const BuildContext&) : Conv2d("NormedConv2d", options), options_(options) {}

  std::string python_base() const override { return "Conv2d"; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override {
    const auto normed = [&](const torch::Tensor& tensor, std::vector<std::int64_t> axes) {
      return tensor / (tensor.norm(2, axes, /*keepdim=*/true).pow(options_.power) + options_.eps);
    };
    const torch::Tensor kernels =
        normed(weight(), options_.norm_over_kernel ? std::vector<std::int64_t>{1, 2, 3} : std::vector<std::int64_t>{1});
    return convolve(normed(input, {1}) * options_.tempearture, kernels);
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(conv_layers, NormedConv2d,
                  {.name = "NormedConv2d",
                   .python = "mmdet.models.utils.normed_predictor.NormedConv2d",
                   .meaning = "convolution of normalised places and kernels",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
