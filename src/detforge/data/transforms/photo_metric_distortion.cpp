#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Changes brightness, contrast, saturation, hue and the order of channels, each with probability one half; the image becomes float32.
/// Liu et al.: SSD, arXiv 1512.02325.
class PhotoMetricDistortion : public Transform {
 public:
  using Range = std::array<double, 2>;

  struct Options {
    double brightness_delta = 32;
    Range contrast_range = {0.5, 1.5};
    Range saturation_range = {0.5, 1.5};
    double hue_delta = 18;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::brightness_delta, "brightness_delta", "most that is added to each channel"),
            arg(&Options::contrast_range, "contrast_range", "(low, high) factor of each channel"),
            arg(&Options::saturation_range, "saturation_range", "(low, high) factor of the saturation"),
            arg(&Options::hue_delta, "hue_delta", "most that is added to the hue, degrees")};
  }

  PhotoMetricDistortion(const Options& options, const BuildContext&) : options_(options) {}

  void apply(Sample& sample, Random& random) const override;

 private:
  static bool toss(Random& random) { return random.randint(0, 2) != 0; }
  static float draw(const Range& range, Random& random) { return static_cast<float>(random.uniform(range[0], range[1])); }

  template <class Change>
  static void each_pixel(cv::Mat& image, Change change) {
    for (int y = 0; y < image.rows; ++y) {
      auto* row = image.ptr<cv::Vec3f>(y);
      for (int x = 0; x < image.cols; ++x) change(row[x]);
    }
  }
  void change_contrast(cv::Mat& image, Random& random) const;

  Options options_;
};

void PhotoMetricDistortion::change_contrast(cv::Mat& image, Random& random) const {
  const float factor = draw(options_.contrast_range, random);
  each_pixel(image, [&](cv::Vec3f& pixel) {
    for (int c = 0; c < 3; ++c) pixel[c] *= factor;
  });
}

void PhotoMetricDistortion::apply(Sample& sample, Random& random) const {
  if (sample.image.channels() != 3) throw Error("PhotoMetricDistortion needs an image of three channels");
  cv::Mat image;
  sample.image.convertTo(image, CV_32F);
  if (image.data == sample.image.data) image = image.clone();
  if (toss(random)) {
    const float delta = draw({-options_.brightness_delta, options_.brightness_delta}, random);
    each_pixel(image, [&](cv::Vec3f& pixel) {
      for (int c = 0; c < 3; ++c) pixel[c] += delta;
    });
  }
  const bool contrast_first = toss(random);
  if (contrast_first && toss(random)) change_contrast(image, random);
  cv::cvtColor(image, image, cv::COLOR_BGR2HSV);
  if (toss(random)) {
    const float factor = draw(options_.saturation_range, random);
    each_pixel(image, [&](cv::Vec3f& pixel) { pixel[1] *= factor; });
  }
  if (toss(random)) {
    const float delta = draw({-options_.hue_delta, options_.hue_delta}, random);
    each_pixel(image, [&](cv::Vec3f& pixel) {
      pixel[0] += delta;
      if (pixel[0] > 360) pixel[0] -= 360;
      if (pixel[0] < 0) pixel[0] += 360;
    });
  }
  cv::cvtColor(image, image, cv::COLOR_HSV2BGR);
  if (!contrast_first && toss(random)) change_contrast(image, random);
  if (toss(random)) {
    const std::vector<std::size_t> order = random.permutation(3);
    each_pixel(image, [&](cv::Vec3f& pixel) {
      const cv::Vec3f old = pixel;
      for (int c = 0; c < 3; ++c) pixel[c] = old[static_cast<int>(order[static_cast<std::size_t>(c)])];
    });
  }
  sample.image = image;
}

DETFORGE_REGISTER(transforms, PhotoMetricDistortion,
                  {.name = "PhotoMetricDistortion",
                   .python = "mmdet.datasets.pipelines.transforms.PhotoMetricDistortion",
                   .meaning = "changes brightness, contrast, saturation, hue and channels"});

}  // namespace detforge
