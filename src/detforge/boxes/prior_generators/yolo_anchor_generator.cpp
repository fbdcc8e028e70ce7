#include "detforge/boxes/prior_generators/anchor_generator.h"

namespace detforge {

/// YOLOv3's anchors (arXiv 1804.02767): boxes of given sizes around the middle of every cell.
class YOLOAnchorGenerator : public AnchorGenerator {
 public:
  struct Options {
    std::vector<std::variant<double, Pair>> strides;
    std::vector<std::vector<std::variant<double, Pair>>> base_sizes;  ///< one number stands for both
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
            arg(&Options::base_sizes, "base_sizes", required, "(width, height) px of each anchor, level by level")};
  }

  YOLOAnchorGenerator(const Options& options, const BuildContext&) : AnchorGenerator(options.strides, all_base_anchors(options)) {}

 private:
  static std::vector<torch::Tensor> all_base_anchors(const Options& options) {
    const auto& levels = options.base_sizes;
    if (levels.empty()) throw ArgumentError("base_sizes", "must have at least one level");
    if (options.strides.size() < levels.size())
      throw ArgumentError("strides", "must have an entry for each of the " + std::to_string(levels.size()) + " levels of base_sizes");
    std::vector<torch::Tensor> base_anchors;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i].size() != levels.front().size()) throw ArgumentError("base_sizes", "must have as many anchors on every level");
      std::vector<torch::Tensor> anchors;
      for (const auto& size : levels[i]) anchors.push_back(base_anchor(pair(options.strides[i]), pair(size)));
      base_anchors.push_back(torch::stack(anchors));
    }
    return base_anchors;
  }

  static torch::Tensor base_anchor(const Pair& stride, const Pair& size) {
    const double x = stride[0] / 2, y = stride[1] / 2;
    return torch::tensor({x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2}, torch::kFloat);
  }
};

DETFORGE_REGISTER(anchor_generators, YOLOAnchorGenerator,
                  {.name = "YOLOAnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.YOLOAnchorGenerator",
                   .meaning = "anchors of given sizes around the middle of each cell"});

}  // namespace detforge
