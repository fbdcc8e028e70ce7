#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// (image - mean) / std in float32, a channel each, after BGR became RGB where `to_rgb` says so. As mmcv's
/// `imnormalize`: mean and std are rounded to float32, their inverse is taken in double.
class Normalize : public Transform {
 public:
  struct Options {
    std::vector<double> mean;
    std::vector<double> std;
    bool to_rgb = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::mean, "mean", required, "of each channel, in the order after to_rgb"),
            arg(&Options::std, "std", required, "standard deviation of each channel"),
            arg(&Options::to_rgb, "to_rgb", "turn BGR into RGB first")};
  }

  Normalize(const Options& options, const BuildContext&) : channels_(options.mean.size()), to_rgb_(options.to_rgb) {
    if (channels_ < 1 || channels_ > 4) throw ArgumentError("mean", "must have 1 to 4 entries");
    if (options.std.size() != channels_) throw ArgumentError("std", "must have as many entries as mean");
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto deviation = static_cast<double>(static_cast<float>(options.std[c]));
      if (!(deviation > 0)) throw ArgumentError("std", "must be positive");
      mean_[static_cast<int>(c)] = static_cast<double>(static_cast<float>(options.mean[c]));
      inverse_std_[static_cast<int>(c)] = 1 / deviation;
    }
    if (to_rgb_ && channels_ != 3) throw ArgumentError("to_rgb", "needs three channels");
  }

  void apply(Sample& sample, Random&) const override {
    if (static_cast<std::size_t>(sample.image.channels()) != channels_) {
      throw Error("Normalize is for " + std::to_string(channels_) + " channels, the image has " + std::to_string(sample.image.channels()));
    }
    cv::Mat image;
    sample.image.convertTo(image, CV_32F);
    // Float images would otherwise share their pixels with whoever else holds them.
    if (image.data == sample.image.data) image = image.clone();
    if (to_rgb_) cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    cv::subtract(image, mean_, image);
    cv::multiply(image, inverse_std_, image);
    sample.image = image;
  }

 private:
  std::size_t channels_;
  bool to_rgb_;
  cv::Scalar mean_, inverse_std_;
};

DETFORGE_REGISTER(transforms, Normalize,
                  {.name = "Normalize",
                   .python = "mmdet.datasets.pipelines.transforms.Normalize",
                   .meaning = "subtracts a mean, divides by a deviation"});

}  // namespace detforge
