#pragma once

#include "detforge/boxes/prior_generators/anchor_generator.h"

namespace detforge {

/// SSD's anchors (arXiv 1512.02325): per level a square of the smallest size, one of the geometric mean of the smallest and largest
/// size, and the smallest size in the ratios 1/r and r.
class SSDAnchorGenerator : public AnchorGenerator {
 public:
  struct Options {
    std::vector<std::variant<double, Pair>> strides;
    std::vector<std::vector<double>> ratios;
    std::optional<std::vector<double>> min_sizes = {};
    std::optional<std::vector<double>> max_sizes = {};
    Pair basesize_ratio_range = {0, 0};
    std::int64_t input_size = 300;
    bool scale_major = true;
  };
  static Arguments<Options> arguments();

  SSDAnchorGenerator(const Options& options, const BuildContext&) : SSDAnchorGenerator(options, Convention::Continuous) {}

 protected:
  SSDAnchorGenerator(const Options& options, Convention convention);
};

}  // namespace detforge
