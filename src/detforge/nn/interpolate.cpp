#include "detforge/nn/interpolate.h"

namespace detforge::nn {

Arguments<Interpolation> Interpolation::arguments() {
  return {arg(&Interpolation::mode, "mode", "how values in between are found").one_of({"nearest", "bilinear", "bicubic", "area"}),
          arg(&Interpolation::scale_factor, "scale_factor", "output size over input size; None: the size that is needed"),
          arg(&Interpolation::align_corners, "align_corners", "corner pixels keep their centres")};
}

Interpolation Interpolation::from(const std::string& name, const Value& config, const BuildContext& context) {
  return options_from(name, arguments(), config, context);
}

torch::Tensor Interpolation::operator()(const torch::Tensor& input, torch::IntArrayRef size) const {
  std::vector<std::int64_t> output_size = size.vec();
  if (scale_factor) {
    for (const std::int64_t axis : {0, 1}) {
      output_size[static_cast<std::size_t>(axis)] = static_cast<std::int64_t>(static_cast<double>(input.size(axis + 2)) * *scale_factor);
    }
  }
  const bool corners = align_corners.value_or(false);
  const c10::optional<double> factor = scale_factor ? c10::optional<double>(*scale_factor) : c10::nullopt;
  if (mode == "bilinear") return torch::upsample_bilinear2d(input, output_size, corners, factor, factor);
  if (mode == "bicubic") return torch::upsample_bicubic2d(input, output_size, corners, factor, factor);
  if (mode == "area") return torch::adaptive_avg_pool2d(input, output_size);
  return torch::upsample_nearest2d(input, output_size, factor, factor);
}

}  // namespace detforge::nn
