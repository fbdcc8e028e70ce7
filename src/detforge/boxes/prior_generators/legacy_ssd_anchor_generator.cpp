#include "detforge/boxes/prior_generators/ssd_anchor_generator.h"

namespace detforge {

/// SSD's anchors in MMDetection V1.x: sides count both end pixels, corners are rounded, centres are half a pixel nearer.
class LegacySSDAnchorGenerator : public SSDAnchorGenerator {
 public:
  struct Options {
    std::vector<std::variant<double, Pair>> strides;
    std::vector<std::vector<double>> ratios;
    Pair basesize_ratio_range = {0, 0};
    std::int64_t input_size = 300;
    bool scale_major = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
            arg(&Options::ratios, "ratios", required, "of each level the ratios of sides, besides 1"),
            arg(&Options::basesize_ratio_range, "basesize_ratio_range", required, "smallest and largest anchor, in input sizes"),
            arg(&Options::input_size, "input_size", "size of the input in px, 300 or 512"),
            arg(&Options::scale_major, "scale_major", "must be False for anchors as SSD's")};
  }

  LegacySSDAnchorGenerator(const Options& options, const BuildContext&)
      : SSDAnchorGenerator({.strides = options.strides,
                            .ratios = options.ratios,
                            .basesize_ratio_range = options.basesize_ratio_range,
                            .input_size = options.input_size,
                            .scale_major = options.scale_major},
                           Convention::InclusivePixels) {}
};

DETFORGE_REGISTER(anchor_generators, LegacySSDAnchorGenerator,
                  {.name = "LegacySSDAnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.LegacySSDAnchorGenerator",
                   .meaning = "SSDAnchorGenerator of models from MMDetection V1.x"});

}  // namespace detforge
