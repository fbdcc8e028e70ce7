#include "detforge/ops/roi_align.h"

#include "detforge/nn/roi_layers/roi_layer.h"

namespace detforge {

template <>
struct EnumNames<ops::PoolMode> {
  static constexpr std::array<std::pair<ops::PoolMode, std::string_view>, 2> names = {
      {{ops::PoolMode::Avg, "avg"}, {ops::PoolMode::Max, "max"}}};
};

namespace nn {

/// mmcv's `RoIAlign` (arXiv 1703.06870).
class RoIAlign : public RoILayer {
 public:
  struct Options {
    std::optional<Pair> output_size;
    double spatial_scale = 1;
    std::int64_t sampling_ratio = 0;
    ops::PoolMode pool_mode = ops::PoolMode::Avg;
    bool aligned = true;
    bool use_torchvision = false;
    std::optional<Pair> out_size;
    std::optional<std::int64_t> sample_num;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::output_size, "output_size", "height and width of the output"),
            arg(&Options::spatial_scale, "spatial_scale", "pixels of the feature map per pixel of the regions"),
            arg(&Options::sampling_ratio, "sampling_ratio", "samples of a bin in each direction; 0: one per pixel"),
            arg(&Options::pool_mode, "pool_mode", "what a bin takes of its samples"),
            arg(&Options::aligned, "aligned", "pixel centres lie at halves; False is MMDetection v1's"),
            arg(&Options::use_torchvision, "use_torchvision", "has no meaning here: the numbers are the same"),
            arg(&Options::out_size, "out_size", "older name of output_size"),
            arg(&Options::sample_num, "sample_num", "older name of sampling_ratio")};
  }

  RoIAlign(const Options& options, const BuildContext&)
      : RoILayer("RoIAlign"), options_(options), output_size_(options.out_size.value_or(options.output_size.value_or(0))) {
    options_.sampling_ratio = options.sample_num.value_or(options.sampling_ratio);
    if (output_size_.height < 1 || output_size_.width < 1)
      throw ArgumentError("output_size", "must be given and at least 1, got " + output_size_.text());
  }

  Pair output_size() const override { return output_size_; }
  std::string extra_repr() const override {
    const auto python = [](const auto& value) { return repr(Value(value)); };
    return "output_size=" + output_size_.text() + ", spatial_scale=" + python(options_.spatial_scale) +
           ", sampling_ratio=" + python(options_.sampling_ratio) +
           ", pool_mode=" + (options_.pool_mode == ops::PoolMode::Avg ? "avg" : "max") + ", aligned=" + python(options_.aligned) +
           ", use_torchvision=" + python(options_.use_torchvision);
  }

 protected:
  torch::Tensor compute(const torch::Tensor& input, const torch::Tensor& rois) override {
    return ops::roi_align(input, rois,
                          {.output_height = output_size_.height,
                           .output_width = output_size_.width,
                           .spatial_scale = options_.spatial_scale,
                           .sampling_ratio = options_.sampling_ratio,
                           .pool_mode = options_.pool_mode,
                           .aligned = options_.aligned});
  }

 private:
  Options options_;
  Pair output_size_;
};

DETFORGE_REGISTER(roi_layers, RoIAlign,
                  {.name = "RoIAlign", .python = "mmcv.ops.roi_align.RoIAlign", .meaning = "bilinear samples in the bins of a region"});

}  // namespace nn
}  // namespace detforge
