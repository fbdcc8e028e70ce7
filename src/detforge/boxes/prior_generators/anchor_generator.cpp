#include "detforge/boxes/prior_generators/anchor_generator.h"

#include <algorithm>
#include <cmath>

namespace detforge {

Arguments<AnchorGenerator::Options> AnchorGenerator::arguments() {
  return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
          arg(&Options::ratios, "ratios", required, "height to width of the anchors"),
          arg(&Options::scales, "scales", "sizes of the anchors, in base sizes"),
          arg(&Options::base_sizes, "base_sizes", "base size of each level in px; None: its smaller stride"),
          arg(&Options::scale_major, "scale_major", "order the anchors by ratio first, then by scale; else the other way"),
          arg(&Options::octave_base_scale, "octave_base_scale", "instead of scales: the first one, in base sizes"),
          arg(&Options::scales_per_octave, "scales_per_octave", "and how many there are up to its double").check([](const auto& count) {
            return count && *count < 1 ? std::string("must be at least 1") : std::string();
          }),
          arg(&Options::centers, "centers", "centre of each level's anchors at the origin, (x, y) px"),
          arg(&Options::center_offset, "center_offset", "the same as a part of the base size")};
}

AnchorGenerator::Pair AnchorGenerator::pair(const std::variant<double, Pair>& value) {
  const auto* one = std::get_if<double>(&value);
  return one != nullptr ? Pair{*one, *one} : std::get<Pair>(value);
}

AnchorGenerator::AnchorGenerator(const Options& options, Convention convention)
    : octave_base_scale_(options.octave_base_scale), scales_per_octave_(options.scales_per_octave) {
  const std::string per_level = "must have as many entries as strides, " + std::to_string(options.strides.size());
  if (options.center_offset != 0 && options.centers) throw ArgumentError("centers", "must be None where center_offset is not 0");
  if (!(options.center_offset >= 0 && options.center_offset <= 1)) throw ArgumentError("center_offset", "must be from 0 to 1");
  if (options.centers && options.centers->size() != options.strides.size()) throw ArgumentError("centers", per_level);
  if (options.base_sizes && options.base_sizes->size() != options.strides.size()) throw ArgumentError("base_sizes", per_level);
  const bool octave = octave_base_scale_ && scales_per_octave_;
  if (octave == options.scales.has_value()) {
    throw ArgumentError("scales", octave ? "must be None where octave_base_scale and scales_per_octave are given"
                                         : "must be given, or else octave_base_scale with scales_per_octave");
  }
  if (options.scales) {
    scales_ = *options.scales;
  } else {
    const auto count = static_cast<double>(*scales_per_octave_);
    for (double i = 0; i < count; ++i) scales_.push_back(std::pow(2.0, i / count) * *octave_base_scale_);
  }
  for (std::size_t i = 0; i < options.strides.size(); ++i) {
    strides_.push_back(pair(options.strides[i]));
    base_sizes_.push_back(options.base_sizes ? (*options.base_sizes)[i] : std::min(strides_[i][0], strides_[i][1]));
    base_anchors_.push_back(single_level_base_anchors({.base_size = base_sizes_[i],
                                                       .scales = scales_,
                                                       .ratios = options.ratios,
                                                       .scale_major = options.scale_major,
                                                       .center = options.centers ? std::optional((*options.centers)[i]) : std::nullopt,
                                                       .center_offset = options.center_offset},
                                                      convention));
  }
}

AnchorGenerator::AnchorGenerator(const std::vector<std::variant<double, Pair>>& strides, std::vector<torch::Tensor> base_anchors)
    : base_anchors_(std::move(base_anchors)) {
  for (std::size_t i = 0; i < base_anchors_.size(); ++i) strides_.push_back(pair(strides.at(i)));
}

torch::Tensor AnchorGenerator::single_level_base_anchors(const Shapes& shapes, Convention convention) {
  const double inclusive_px = convention == Convention::InclusivePixels ? 1 : 0;
  const double offset = shapes.center_offset * (shapes.base_size - inclusive_px);
  const Pair center = shapes.center.value_or(Pair{offset, offset});
  const torch::Tensor scales = torch::tensor(shapes.scales, torch::kFloat);
  const torch::Tensor h_ratios = torch::tensor(shapes.ratios, torch::kFloat).sqrt();
  const auto sides = [&](const torch::Tensor& ratios) {
    return shapes.scale_major ? ((shapes.base_size * ratios).unsqueeze(1) * scales.unsqueeze(0)).view({-1})
                              : ((shapes.base_size * scales).unsqueeze(1) * ratios.unsqueeze(0)).view({-1});
  };
  torch::Tensor half_width = sides(1 / h_ratios), half_height = sides(h_ratios);
  half_width = 0.5 * (inclusive_px == 0 ? half_width : half_width - inclusive_px);
  half_height = 0.5 * (inclusive_px == 0 ? half_height : half_height - inclusive_px);
  const torch::Tensor anchors =
      torch::stack({center[0] - half_width, center[1] - half_height, center[0] + half_width, center[1] + half_height}, -1);
  return convention == Convention::InclusivePixels ? anchors.round() : anchors;
}

std::vector<std::int64_t> AnchorGenerator::num_base_priors() const {
  std::vector<std::int64_t> counts;
  for (const torch::Tensor& anchors : base_anchors_) counts.push_back(anchors.size(0));
  return counts;
}

std::vector<torch::Tensor> AnchorGenerator::grid_priors(std::span<const ImageSize> sizes, const torch::TensorOptions& options) const {
  if (sizes.size() != num_levels()) {
    throw Error("the anchor generator has " + std::to_string(num_levels()) + " levels, but is given " + std::to_string(sizes.size()));
  }
  std::vector<torch::Tensor> priors;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const torch::Tensor points = grid_points(sizes[i], strides_[i], 0, options);
    priors.push_back((points.repeat({1, 2}).unsqueeze(1) + base_anchors_[i].to(points.options())).view({-1, 4}));
  }
  return priors;
}

DETFORGE_REGISTER(anchor_generators, AnchorGenerator,
                  {.name = "AnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.AnchorGenerator",
                   .meaning = "boxes of some scales and ratios around every place"});

}  // namespace detforge
