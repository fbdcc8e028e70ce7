#include "detforge/ops/roi_pool.h"

#include "detforge/nn/roi_layers/roi_layer.h"

namespace detforge::nn {

/// mmcv's `RoIPool` (arXiv 1504.08083).
class RoIPool : public RoILayer {
 public:
  struct Options {
    Pair output_size = 7;
    double spatial_scale = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::output_size, "output_size", required, "height and width of the output"),
            arg(&Options::spatial_scale, "spatial_scale", "pixels of the feature map per pixel of the regions")};
  }

  RoIPool(const Options& options, const BuildContext&) : RoILayer("RoIPool"), options_(options) {
    if (options.output_size.height < 1 || options.output_size.width < 1)
      throw ArgumentError("output_size", "must be at least 1, got " + options.output_size.text());
  }

  Pair output_size() const override { return options_.output_size; }
  std::string extra_repr() const override {
    return "output_size=" + options_.output_size.text() + ", spatial_scale=" + detforge::repr(Value(options_.spatial_scale));
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) override {
    return ops::roi_pool(input, rois, {options_.output_size.height, options_.output_size.width, options_.spatial_scale});
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(roi_layers, RoIPool,
                  {.name = "RoIPool", .python = "mmcv.ops.roi_pool.RoIPool", .meaning = "largest values in the bins of a region"});

}  // namespace detforge::nn
