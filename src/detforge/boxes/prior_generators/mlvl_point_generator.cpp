#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

/// One point per cell, at `offset` cells from its top left corner.
class MlvlPointGenerator : public PriorGenerator {
 public:
  using Sizes = std::array<double, 2>;  ///< one number stands for both
  struct Options {
    std::vector<std::variant<double, Sizes>> strides;
    double offset = 0.5;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::strides, "strides", required, "stride of each level in px, or (x, y)"),
            arg(&Options::offset, "offset", "where in its cell the point lies, in cells")};
  }

  MlvlPointGenerator(const Options& options, const BuildContext&) : offset_(options.offset) {
    for (const auto& stride : options.strides) {
      strides_.push_back(std::holds_alternative<double>(stride) ? Sizes{std::get<double>(stride), std::get<double>(stride)}
                                                                : std::get<Sizes>(stride));
    }
  }

  std::size_t num_levels() const override { return strides_.size(); }
  std::vector<std::int64_t> num_base_priors() const override { return std::vector<std::int64_t>(strides_.size(), 1); }
  std::vector<std::array<double, 2>> strides() const override { return strides_; }

  std::vector<torch::Tensor> grid_priors(std::span<const ImageSize> sizes, const torch::TensorOptions& options) const override {
    if (sizes.size() != num_levels()) {
      throw Error("MlvlPointGenerator has " + std::to_string(num_levels()) + " levels, but is given " + std::to_string(sizes.size()));
    }
    std::vector<torch::Tensor> priors;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const torch::Tensor points = grid_points(sizes[i], strides_[i], offset_, options);
      const torch::Tensor stride = torch::tensor({strides_[i][0], strides_[i][1]}, points.options()).expand_as(points);
      priors.push_back(torch::cat({points, stride}, 1));
    }
    return priors;
  }

 private:
  std::vector<Sizes> strides_;
  double offset_;
};

DETFORGE_REGISTER(anchor_generators, MlvlPointGenerator,
                  {.name = "MlvlPointGenerator",
                   .python = "mmdet.core.anchor.point_generator.MlvlPointGenerator",
                   .meaning = "one point per cell",
                   .since = Reference::V2_27});

}  // namespace detforge
