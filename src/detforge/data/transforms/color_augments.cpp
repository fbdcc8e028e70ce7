#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/augment_level.h"

/// The transforms of colours that AutoAugment chooses from; boxes, masks and maps stay what they are.
namespace detforge {
namespace {

/// 0.1 to 1.9: 1 changes nothing.
double enhancement(double level) { return level / 10 * 1.8 + 0.1; }

void check_colors(const Sample& sample, const char* component) {
  if (sample.image.type() != CV_8UC3) throw Error(std::string(component) + " needs an 8-bit image of three channels");
}

/// `image` times `factor` plus `ground` times the rest, cut off to whole numbers.
cv::Mat blended(const cv::Mat& image, const cv::Mat& ground, double factor) {
  cv::Mat a, b, sum;
  image.convertTo(a, CV_32F);
  ground.convertTo(b, CV_32F);
  cv::addWeighted(a, factor, b, 1 - factor, 0, sum);
  cv::Mat blended(image.size(), CV_8UC3);
  for (int y = 0; y < sum.rows; ++y) {
    for (int x = 0; x < sum.cols; ++x) {
      for (int c = 0; c < 3; ++c) {
        blended.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>(std::clamp(sum.at<cv::Vec3f>(y, x)[c], 0.0F, 255.0F));
      }
    }
  }
  return blended;
}

struct LevelOptions {
  double level = 0;
  double prob = 0.5;
};

Arguments<LevelOptions> level_arguments() {
  return {arg(&LevelOptions::level, "level", required, "0 to 10: how strong, 5 changes nothing"),
          arg(&LevelOptions::prob, "prob", "how probable this is")};
}

}  // namespace

/// Between the gray image and stronger colours.
class ColorTransform : public Transform {
 public:
  using Options = LevelOptions;
  static Arguments<Options> arguments() { return level_arguments(); }

  ColorTransform(const Options& options, const BuildContext&) : prob_(options.prob), factor_(enhancement(options.level)) {
    check_level(options.level);
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > prob_) return;
    check_colors(sample, "ColorTransform");
    cv::Mat gray, colored;
    cv::cvtColor(sample.image, gray, cv::COLOR_BGR2GRAY);
    cv::cvtColor(gray, gray, cv::COLOR_GRAY2BGR);
    cv::addWeighted(sample.image, factor_, gray, 1 - factor_, 0, colored);
    sample.image = colored;
  }

 private:
  double prob_, factor_;
};

/// Between black and a brighter image.
class BrightnessTransform : public Transform {
 public:
  using Options = LevelOptions;
  static Arguments<Options> arguments() { return level_arguments(); }

  BrightnessTransform(const Options& options, const BuildContext&) : prob_(options.prob), factor_(enhancement(options.level)) {
    check_level(options.level);
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > prob_) return;
    check_colors(sample, "BrightnessTransform");
    sample.image = blended(sample.image, cv::Mat::zeros(sample.image.size(), CV_8UC3), factor_);
  }

 private:
  double prob_, factor_;
};

/// Between the mean gray and stronger contrasts.
class ContrastTransform : public Transform {
 public:
  using Options = LevelOptions;
  static Arguments<Options> arguments() { return level_arguments(); }

  ContrastTransform(const Options& options, const BuildContext&) : prob_(options.prob), factor_(enhancement(options.level)) {
    check_level(options.level);
  }

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > prob_) return;
    check_colors(sample, "ContrastTransform");
    cv::Mat gray;
    cv::cvtColor(sample.image, gray, cv::COLOR_BGR2GRAY);
    const double mean = std::nearbyint(cv::sum(gray)[0] / static_cast<double>(gray.total()));
    sample.image = blended(sample.image, cv::Mat(sample.image.size(), CV_8UC3, cv::Scalar::all(mean)), factor_);
  }

 private:
  double prob_, factor_;
};

/// Spreads the values of each channel evenly.
class EqualizeTransform : public Transform {
 public:
  struct Options {
    double prob = 0.5;
  };
  static Arguments<Options> arguments() { return {arg(&Options::prob, "prob", "how probable this is")}; }

  EqualizeTransform(const Options& options, const BuildContext&) : prob_(options.prob) {}

  void apply(Sample& sample, Random& random) const override {
    if (random.random_sample() > prob_) return;
    check_colors(sample, "EqualizeTransform");
    std::vector<cv::Mat> channels;
    cv::split(sample.image, channels);
    for (cv::Mat& channel : channels) equalize(channel);
    cv::Mat equalized;
    cv::merge(channels, equalized);
    sample.image = equalized;
  }

 private:
  static void equalize(cv::Mat& channel);

  double prob_;
};

void EqualizeTransform::equalize(cv::Mat& channel) {
  std::array<std::int64_t, 256> histogram{};
  for (int y = 0; y < channel.rows; ++y) {
    for (int x = 0; x < channel.cols; ++x) ++histogram[channel.at<std::uint8_t>(y, x)];
  }
  const auto last = std::find_if(histogram.rbegin(), histogram.rend(), [](std::int64_t count) { return count > 0; });
  const std::int64_t step = (static_cast<std::int64_t>(channel.total()) - *last) / 255;
  if (step == 0) return;
  cv::Mat table(1, 256, CV_8UC1);
  std::int64_t sum = 0;
  for (int value = 0; value < 256; ++value) {
    table.at<std::uint8_t>(0, value) = static_cast<std::uint8_t>(value == 0 ? 0 : std::min<std::int64_t>((sum + step / 2) / step, 255));
    sum += histogram[static_cast<std::size_t>(value)];
  }
  cv::LUT(channel, table, channel);
}

DETFORGE_REGISTER(transforms, ColorTransform,
                  {.name = "ColorTransform",
                   .python = "mmdet.datasets.pipelines.auto_augment.ColorTransform",
                   .meaning = "weakens or strengthens colours"});
DETFORGE_REGISTER(transforms, BrightnessTransform,
                  {.name = "BrightnessTransform",
                   .python = "mmdet.datasets.pipelines.auto_augment.BrightnessTransform",
                   .meaning = "darkens or brightens an image"});
DETFORGE_REGISTER(transforms, ContrastTransform,
                  {.name = "ContrastTransform",
                   .python = "mmdet.datasets.pipelines.auto_augment.ContrastTransform",
                   .meaning = "weakens or strengthens contrasts"});
DETFORGE_REGISTER(transforms, EqualizeTransform,
                  {.name = "EqualizeTransform",
                   .python = "mmdet.datasets.pipelines.auto_augment.EqualizeTransform",
                   .meaning = "spreads the values of each channel evenly"});

}  // namespace detforge
