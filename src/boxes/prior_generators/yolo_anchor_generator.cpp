#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

/// YOLOv3's anchors (arXiv 1804.02767): boxes of given sizes around the middle of every cell.
class YOLOAnchorGenerator : public PriorGenerator {
 public:
  using Sizes = std::array<double, 2>;  ///< one number stands for both
  struct Options {
    std::vector<std::variant<double, Sizes>> strides;
    std::vector<std::vector<std::variant<double, Sizes>>> base_sizes;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
            arg(&Options::base_sizes, "base_sizes", required, "(width, height) px of each anchor, level by level")};
  }

  YOLOAnchorGenerator(const Options& options, const BuildContext&) {
    const auto& levels = options.base_sizes;
    if (levels.empty()) throw ArgumentError("base_sizes", "must have at least one level");
    if (options.strides.size() < levels.size())
      throw ArgumentError("strides", "must have an entry for each of the " + std::to_string(levels.size()) + " levels of base_sizes");
    for (std::size_t i = 0; i < levels.size(); ++i) {
      if (levels[i].size() != levels.front().size()) throw ArgumentError("base_sizes", "must have as many anchors on every level");
      strides_.push_back(pair(options.strides[i]));
      std::vector<torch::Tensor> anchors;
      for (const auto& size : levels[i]) anchors.push_back(base_anchor(strides_[i], pair(size)));
      base_anchors_.push_back(torch::stack(anchors));
    }
  }

  std::size_t num_levels() const override { return base_anchors_.size(); }
  std::vector<std::int64_t> num_base_priors() const override {
    std::vector<std::int64_t> counts;
    for (const torch::Tensor& anchors : base_anchors_) counts.push_back(anchors.size(0));
    return counts;
  }
  std::vector<std::array<double, 2>> strides() const override { return strides_; }

  std::vector<torch::Tensor> grid_priors(std::span<const ImageSize> sizes, const torch::TensorOptions& options) const override {
    if (sizes.size() != num_levels()) {
      throw Error("YOLOAnchorGenerator has " + std::to_string(num_levels()) + " levels, but is given " + std::to_string(sizes.size()));
    }
    std::vector<torch::Tensor> priors;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const torch::Tensor points = grid_points(sizes[i], strides_[i], 0, options);
      priors.push_back((points.repeat({1, 2}).unsqueeze(1) + base_anchors_[i].to(options)).view({-1, 4}));
    }
    return priors;
  }

 private:
  static Sizes pair(const std::variant<double, Sizes>& value) {
    return std::holds_alternative<double>(value) ? Sizes{std::get<double>(value), std::get<double>(value)} : std::get<Sizes>(value);
  }
  static torch::Tensor base_anchor(const Sizes& stride, const Sizes& size) {
    const double x = stride[0] / 2, y = stride[1] / 2;
    return torch::tensor({x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2}, torch::kFloat);
  }

  std::vector<Sizes> strides_;
  std::vector<torch::Tensor> base_anchors_;  // [A, 4] of the cell at the origin, per level
};

DETFORGE_REGISTER(anchor_generators, YOLOAnchorGenerator,
                  {.name = "YOLOAnchorGenerator",
                   .python = "mmdet.core.anchor.anchor_generator.YOLOAnchorGenerator",
                   .meaning = "anchors of given sizes around the middle of each cell"});

}  // namespace detforge
