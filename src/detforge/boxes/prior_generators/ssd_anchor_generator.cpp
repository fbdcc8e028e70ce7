#include "detforge/boxes/prior_generators/ssd_anchor_generator.h"

#include <cmath>

namespace detforge {
namespace {

/// The smallest and largest anchor of each level, px.
struct SSDSizes {
  std::vector<double> smallest;
  std::vector<double> largest;

  void add(std::int64_t input_size, std::int64_t from_percent, std::int64_t to_percent) {
    const auto px = [&](std::int64_t percent) { return std::trunc(static_cast<double>(input_size * percent) / 100); };
    smallest.push_back(px(from_percent));
    largest.push_back(px(to_percent));
  }
};

/// What the first level has, in percent of the input, by the input's size and the ratio from which the others start.
struct SSDFirstLevel {
  std::int64_t input_size;
  double min_ratio;
  std::int64_t from_percent;
  std::int64_t to_percent;
};
constexpr std::array<SSDFirstLevel, 4> ssd_first_levels = {{{300, 0.15, 7, 15}, {300, 0.2, 10, 20}, {512, 0.1, 4, 10}, {512, 0.15, 7, 15}}};

SSDSizes ssd_sizes(const SSDAnchorGenerator::Options& options) {
  if (options.min_sizes && options.max_sizes) return {*options.min_sizes, *options.max_sizes};
  const auto& range = options.basesize_ratio_range;
  SSDSizes sizes;
  bool known_input = false;
  for (const SSDFirstLevel& first : ssd_first_levels) {
    known_input = known_input || first.input_size == options.input_size;
    if (first.input_size == options.input_size && first.min_ratio == range[0])
      sizes.add(options.input_size, first.from_percent, first.to_percent);
  }
  if (!known_input) throw ArgumentError("input_size", "must be 300 or 512 where min_sizes and max_sizes are not given");
  if (sizes.smallest.empty())
    throw ArgumentError("basesize_ratio_range", options.input_size == 300 ? "must begin with 0.15 or 0.2" : "must begin with 0.1 or 0.15");
  const auto levels = static_cast<std::int64_t>(options.strides.size());
  const auto first = static_cast<std::int64_t>(range[0] * 100), last = static_cast<std::int64_t>(range[1] * 100);
  const std::int64_t step = levels > 2 ? (last - first) / (levels - 2) : 0;
  if (step < 1) throw ArgumentError("basesize_ratio_range", "must have at least 0.01 for each level");
  for (std::int64_t percent = first; percent <= last; percent += step) sizes.add(options.input_size, percent, percent + step);
  return sizes;
}

}  // namespace

Arguments<SSDAnchorGenerator::Options> SSDAnchorGenerator::arguments() {
  return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
          arg(&Options::ratios, "ratios", required, "of each level the ratios of sides, besides 1"),
          arg(&Options::min_sizes, "min_sizes", "smallest anchor of each level in px").since_v2_27(),
          arg(&Options::max_sizes, "max_sizes", "largest anchor of each level in px").since_v2_27(),
          arg(&Options::basesize_ratio_range, "basesize_ratio_range", required, "smallest and largest anchor, in input sizes")
              .default_in_v2_27({0.15, 0.9}),
          arg(&Options::input_size, "input_size", "size of the input in px, 300 or 512"),
          arg(&Options::scale_major, "scale_major", "must be False for anchors as SSD's")};
}

SSDAnchorGenerator::SSDAnchorGenerator(const Options& options, Convention convention)
    : AnchorGenerator(options.strides, [&] {
        const std::size_t levels = options.strides.size();
        if (options.ratios.size() != levels)
          throw ArgumentError("ratios", "must have as many entries as strides, " + std::to_string(levels));
        if (options.min_sizes.has_value() != options.max_sizes.has_value())
          throw ArgumentError("max_sizes", "must be given together with min_sizes");
        const SSDSizes sizes = ssd_sizes(options);
        if (sizes.smallest.size() != levels || sizes.largest.size() != levels) {
          throw ArgumentError(
              options.min_sizes ? "min_sizes" : "basesize_ratio_range",
              "gives sizes for " + std::to_string(sizes.smallest.size()) + " levels, strides for " + std::to_string(levels));
        }
        std::vector<torch::Tensor> base_anchors;
        for (std::size_t i = 0; i < levels; ++i) {
          const Pair stride = pair(options.strides[i]);
          const double inclusive_px = convention == Convention::InclusivePixels ? 1 : 0;
          Shapes shapes{.base_size = sizes.smallest[i],
                        .scales = {1, std::sqrt(sizes.largest[i] / sizes.smallest[i])},
                        .ratios = {1},
                        .scale_major = options.scale_major,
                        .center = Pair{(stride[0] - inclusive_px) / 2, (stride[1] - inclusive_px) / 2}};
          for (const double ratio : options.ratios[i]) shapes.ratios.insert(shapes.ratios.end(), {1 / ratio, ratio});
          const auto count = static_cast<std::int64_t>(shapes.ratios.size());
          const torch::Tensor anchors = single_level_base_anchors(shapes, convention);
          base_anchors.push_back(torch::cat({anchors.slice(0, 0, 1), anchors.slice(0, count, count + 1), anchors.slice(0, 1, count)}));
        }
        return base_anchors;
      }()) {}

DETFORGE_REGISTER(anchor_generators, SSDAnchorGenerator,
                  {.name = "SSDAnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.SSDAnchorGenerator",
                   .meaning = "SSD's anchors"});

}  // namespace detforge
