#include "detforge/nn/roi_layers/roi_layer.h"
#include "detforge/ops/point_sample.h"

namespace detforge::nn {

/// PointRend's RoI layer (arXiv 1912.08193): one bilinear value in the middle of each cell of a region. As in Python the results are
/// sorted by image, whatever the order of the regions.
class SimpleRoIAlign : public RoILayer {
 public:
  struct Options {
    Pair output_size = 1;
    double spatial_scale = 1;
    bool aligned = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::output_size, "output_size", required, "height and width of the features"),
            arg(&Options::spatial_scale, "spatial_scale", required, "pixels of the feature map in one of the network's input"),
            arg(&Options::aligned, "aligned", "pixels have their centre at half a pixel; False: at the corner, as MMDetection 1.x had it")};
  }

  SimpleRoIAlign(const Options& options, const BuildContext&) : RoILayer("SimpleRoIAlign"), options_(options) {}

  /// Python's forgets the closing parenthesis.
  std::optional<std::string> own_repr() const override {
    return "SimpleRoIAlign(output_size=" + options_.output_size.text() + ", spatial_scale=" + detforge::repr(options_.spatial_scale);
  }
  Pair output_size() const override { return options_.output_size; }

 protected:
  torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) override {
    const auto [height, width] = options_.output_size;
    const torch::Tensor grid = ops::grid_of_points(height, width, rois.options());
    std::vector<torch::Tensor> of_images = {torch::zeros({0, input.size(1), height * width}, input.options())};
    for (std::int64_t image = 0; image < input.size(0); ++image) {
      const torch::Tensor chosen = (rois.select(1, 0) == static_cast<double>(image)).nonzero().squeeze(1);
      if (chosen.size(0) == 0) continue;
      const torch::Tensor points = ops::roi_points_in_map(rois.index_select(0, chosen), grid.unsqueeze(0).expand({chosen.size(0), -1, -1}),
                                                          input.size(2), input.size(3), options_.spatial_scale);
      const torch::Tensor values = ops::point_sample(input.slice(0, image, image + 1), points.unsqueeze(0), !options_.aligned);
      of_images.push_back(values.squeeze(0).transpose(0, 1));
    }
    return torch::cat(of_images).view({rois.size(0), input.size(1), height, width});
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(roi_layers, SimpleRoIAlign,
                  {.name = "SimpleRoIAlign",
                   .python = "mmcv.ops.point_sample.SimpleRoIAlign",
                   .meaning = "one bilinear value in the middle of each cell"});

}  // namespace detforge::nn
