#include "detforge/boxes/prior_generators/prior_generator.h"

namespace detforge {

/// RepPoints' points: the top left corner of every cell. As in MMDetection it knows no levels: it has one, of the stride 16, and heads
/// of several levels lay out their points with `grid_points`.
class PointGenerator : public PriorGenerator {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  PointGenerator(const Options&, const BuildContext&) {}

  std::size_t num_levels() const override { return 1; }
  std::vector<std::int64_t> num_base_priors() const override { return {1}; }
  std::vector<std::array<double, 2>> strides() const override { return {{stride_px, stride_px}}; }

  std::vector<torch::Tensor> grid_priors(std::span<const ImageSize> sizes, const torch::TensorOptions& options) const override {
    if (sizes.size() != 1) throw Error("PointGenerator has one level, but is given " + std::to_string(sizes.size()));
    const torch::Tensor points = grid_points(sizes.front(), strides().front(), 0, options);
    return {torch::cat({points, torch::full_like(points, stride_px)}, 1)};
  }

 private:
  static constexpr double stride_px = 16;
};

DETFORGE_REGISTER(anchor_generators, PointGenerator,
                  {.name = "PointGenerator",
                   .python = "mmdet.core.anchor.point_generator.PointGenerator",
                   .meaning = "the corner of every cell"});

}  // namespace detforge
