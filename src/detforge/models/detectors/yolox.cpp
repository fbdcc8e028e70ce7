#include "detforge/models/detectors/single_stage.h"

namespace detforge {

/// YOLOX (arXiv 2107.08430). The sizes are those of multi-scale training.
class YOLOX : public SingleStageDetector {
 public:
  struct Options : SingleStageDetector::Options {
    std::array<std::int64_t, 2> input_size = {640, 640};
    std::int64_t size_multiplier = 32;
    std::array<std::int64_t, 2> random_size_range = {15, 25};
    std::int64_t random_size_interval = 10;
  };
  static Arguments<Options> arguments() {
    return {arguments_with_neck(), arg(&Options::input_size, "input_size", "(height, width) px of training images"),
            arg(&Options::size_multiplier, "size_multiplier", "training sizes are multiples of it").at_least(1),
            arg(&Options::random_size_range, "random_size_range", "smallest and largest training size, in size_multiplier"),
            arg(&Options::random_size_interval, "random_size_interval", "iterations between two changes of the size").at_least(1)};
  }
  YOLOX(const Options& options, const BuildContext& context) : SingleStageDetector("YOLOX", options, context) {}
};

DETFORGE_REGISTER(
    detectors, YOLOX,
    {.name = "YOLOX", .python = "mmdet.models.detectors.yolox.YOLOX", .meaning = "YOLOX (arXiv 2107.08430)", .since = Reference::V2_27});

}  // namespace detforge
