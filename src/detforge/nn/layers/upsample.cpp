#include "detforge/nn/layers/upsample.h"

#include <cmath>

namespace detforge::nn {

Arguments<Upsample::Options> Upsample::arguments() {
  return {arg(&Options::size, "size", "height and width of the output"),
          arg(&Options::scale_factor, "scale_factor", "output size over input size"),
          arg(&Options::mode, "mode", "how values in between are found").one_of({"nearest", "bilinear"}),
          arg(&Options::align_corners, "align_corners", "bilinear: corner pixels keep their centres"),
          arg(&Options::recompute_scale_factor, "recompute_scale_factor", "whether positions follow from the rounded output size")};
}

Upsample::Upsample(const Options& options, const BuildContext&) : Layer("Upsample"), options_(options) {
  if (options.size.has_value() == options.scale_factor.has_value())
    throw ArgumentError("size", "either it or 'scale_factor' must be given");
  if (options.align_corners && options.mode == "nearest") throw ArgumentError("align_corners", "has no meaning with mode 'nearest'");
}

std::string Upsample::extra_repr() const {
  const std::string size = options_.scale_factor ? "scale_factor=" + detforge::repr(*options_.scale_factor)
                                                 : "size=" + detforge::repr(Conversion<Pair>::to(*options_.size));
  return size + ", mode=" + options_.mode;
}

std::int64_t Upsample::multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor> outputs) const {
  return outputs[0].numel() / outputs[0].size(0);
}

torch::Tensor Upsample::compute(const torch::Tensor& input) {
  const bool nearest = options_.mode == "nearest";
  const bool align_corners = options_.align_corners.value_or(false);
  if (options_.scale_factor && !options_.recompute_scale_factor.value_or(false)) {
    const std::vector<double> factors = {*options_.scale_factor, *options_.scale_factor};
    return nearest ? torch::upsample_nearest2d(input, c10::nullopt, factors)
                   : torch::upsample_bilinear2d(input, c10::nullopt, align_corners, factors);
  }
  std::vector<std::int64_t> size(2);
  for (std::size_t i = 0; i < 2; ++i) {
    size[i] = options_.size ? options_.size->array()[i]
                            : static_cast<std::int64_t>(
                                  std::floor(static_cast<double>(input.size(static_cast<std::int64_t>(i) + 2)) * *options_.scale_factor));
  }
  return nearest ? torch::upsample_nearest2d(input, size) : torch::upsample_bilinear2d(input, size, align_corners);
}

/// The registry knows the same layer under two names, which set its mode.
class BilinearUpsample : public Upsample {
 public:
  using Upsample::Upsample;
};

DETFORGE_REGISTER(upsample_layers, Upsample,
                  {.name = "nearest", .python = "torch.nn.modules.upsampling.Upsample", .meaning = "repeated pixels"});
DETFORGE_REGISTER(upsample_layers, BilinearUpsample,
                  {.name = "bilinear", .python = "torch.nn.modules.upsampling.Upsample", .meaning = "bilinear interpolation"});

}  // namespace detforge::nn
