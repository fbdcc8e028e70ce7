#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Adds to hue, saturation and value, each with probability one half, whole steps of OpenCV's 8-bit HSV. YOLOX, arXiv 2107.08430.
class YOLOXHSVRandomAug : public Transform {
 public:
  struct Options {
    double hue_delta = 5;
    double saturation_delta = 30;
    double value_delta = 30;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::hue_delta, "hue_delta", "most that is added to the hue, two degrees each"),
            arg(&Options::saturation_delta, "saturation_delta", "most that is added to the saturation"),
            arg(&Options::value_delta, "value_delta", "most that is added to the value")};
  }

  YOLOXHSVRandomAug(const Options& options, const BuildContext&)
      : deltas_({options.hue_delta, options.saturation_delta, options.value_delta}) {
    for (const double delta : deltas_) {
      if (!(delta >= 0 && delta <= 255)) throw ArgumentError("value_delta", "and the others must be between 0 and 255");
    }
  }

  void apply(Sample& sample, Random& random) const override {
    if (sample.image.type() != CV_8UC3) throw Error("YOLOXHSVRandomAug needs an 8-bit image of three channels");
    std::array<double, 3> drawn{};
    for (std::size_t i = 0; i < 3; ++i) drawn[i] = random.uniform(-1, 1) * deltas_[i];
    std::array<int, 3> gains{};
    for (std::size_t i = 0; i < 3; ++i) gains[i] = static_cast<int>(drawn[i] * static_cast<double>(random.randint(0, 2)));
    cv::Mat image;
    cv::cvtColor(sample.image, image, cv::COLOR_BGR2HSV);
    for (int y = 0; y < image.rows; ++y) {
      auto* row = image.ptr<cv::Vec3b>(y);
      for (int x = 0; x < image.cols; ++x) {
        row[x][0] = static_cast<std::uint8_t>((row[x][0] + gains[0] + 360) % 180);
        row[x][1] = static_cast<std::uint8_t>(std::clamp(row[x][1] + gains[1], 0, 255));
        row[x][2] = static_cast<std::uint8_t>(std::clamp(row[x][2] + gains[2], 0, 255));
      }
    }
    cv::cvtColor(image, image, cv::COLOR_HSV2BGR);
    sample.image = image;
  }

 private:
  std::array<double, 3> deltas_;
};

DETFORGE_REGISTER(transforms, YOLOXHSVRandomAug,
                  {.name = "YOLOXHSVRandomAug",
                   .python = "mmdet.datasets.pipelines.transforms.YOLOXHSVRandomAug",
                   .meaning = "adds to hue, saturation and value",
                   .since = Reference::V2_27});

}  // namespace detforge
