#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/scales.h"
#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Resizes the image to a scale: the sample's own, or one of `img_scale` chosen at random where there are several.
///
/// With `keep_ratio` the image becomes as large as fits (long edge, short edge), sides rounded as mmcv's `imrescale`
/// does; otherwise it becomes (width, height). The factors in the meta are those of the rounded sides.
class Resize : public Transform {
 public:
  struct Options {
    std::optional<Scales> img_scale;
    std::string multiscale_mode = "range";
    std::optional<std::array<double, 2>> ratio_range;
    bool keep_ratio = true;
    bool bbox_clip_border = true;
    std::string backend = "cv2";
    std::string interpolation = "bilinear";
    bool override_scale = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::img_scale, "img_scale", "(long edge, short edge) or a list of them; None: the sample's own"),
            arg(&Options::multiscale_mode, "multiscale_mode", "choose between two scales, or one of the values").one_of({"value", "range"}),
            arg(&Options::ratio_range, "ratio_range", "(low, high): img_scale times a random ratio"),
            arg(&Options::keep_ratio, "keep_ratio", "keep the image's proportions"),
            arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image"),
            arg(&Options::backend, "backend", "library that resizes").one_of({"cv2"}),
            arg(&Options::interpolation, "interpolation", "how pixels are mixed")
                .one_of({"nearest", "bilinear", "bicubic", "area", "lanczos"})
                .since_v2_27(),
            arg(&Options::override_scale, "override", "resize again what was resized")};
  }

  Resize(const Options& options, const BuildContext&) : options_(options) {
    if (options.img_scale) scales_ = options.img_scale->all;
    if (options.ratio_range) {
      if (scales_.size() != 1) throw ArgumentError("ratio_range", "needs exactly one img_scale");
      const auto [low, high] = *options.ratio_range;
      if (!(low > 0 && low <= high)) throw ArgumentError("ratio_range", "must be (low, high) with 0 < low <= high");
    }
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  Scale draw(Random& random) const;
  cv::Size target(const cv::Mat& image, const Scale& scale) const;

  Options options_;
  std::vector<Scale> scales_;
};

Scale Resize::draw(Random& random) const {
  if (scales_.empty()) throw Error("Resize has no img_scale, and the image comes with none");
  if (options_.ratio_range) {
    const auto [low, high] = *options_.ratio_range;
    const double ratio = random.random_sample() * (high - low) + low;
    return {std::trunc(scales_[0][0] * ratio), std::trunc(scales_[0][1] * ratio)};
  }
  if (scales_.size() == 1) return scales_[0];
  if (options_.multiscale_mode == "value") return scales_[static_cast<std::size_t>(random.randint(0, std::ssize(scales_)))];
  const auto edge = [&](const auto& longer_or_shorter) {
    std::vector<std::int64_t> edges;
    for (const Scale& scale : scales_) edges.push_back(static_cast<std::int64_t>(longer_or_shorter(scale[0], scale[1])));
    const auto [low, high] = std::minmax_element(edges.begin(), edges.end());
    return static_cast<double>(random.randint(*low, *high + 1));
  };
  const double long_edge = edge([](double a, double b) { return std::max(a, b); });
  const double short_edge = edge([](double a, double b) { return std::min(a, b); });
  return {long_edge, short_edge};
}

cv::Size Resize::target(const cv::Mat& image, const Scale& scale) const {
  double width = scale[0], height = scale[1];
  if (options_.keep_ratio) {
    const double factor = std::min(std::max(scale[0], scale[1]) / std::max(image.rows, image.cols),
                                   std::min(scale[0], scale[1]) / std::min(image.rows, image.cols));
    width = std::trunc(image.cols * factor + 0.5);
    height = std::trunc(image.rows * factor + 0.5);
  }
  constexpr double kMaxPixels = 134217728;
  if (width < 1 || height < 1 || width * height > kMaxPixels) {
    throw Error("an image of " + std::to_string(image.cols) + "x" + std::to_string(image.rows) + " can not be resized to " +
                std::to_string(static_cast<std::int64_t>(std::min(width, 1e15))) + "x" +
                std::to_string(static_cast<std::int64_t>(std::min(height, 1e15))));
  }
  return {static_cast<int>(width), static_cast<int>(height)};
}

void Resize::apply(Sample& sample, Random& random) const {
  if (sample.image.empty()) throw Error("Resize needs an image");
  Scale scale{};
  if (sample.scale && !options_.override_scale) {
    if (sample.is_resized) throw Error("Resize met an image that is resized already; 'override' allows it");
    scale = *sample.scale;
  } else if (!sample.scale && sample.wanted_scale_factor) {
    scale = {std::trunc(sample.image.cols * *sample.wanted_scale_factor), std::trunc(sample.image.rows * *sample.wanted_scale_factor)};
  } else {
    scale = draw(random);
  }
  static const std::map<std::string, int> interpolations = {{"nearest", cv::INTER_NEAREST},
                                                            {"bilinear", cv::INTER_LINEAR},
                                                            {"bicubic", cv::INTER_CUBIC},
                                                            {"area", cv::INTER_AREA},
                                                            {"lanczos", cv::INTER_LANCZOS4}};
  cv::Mat resized;
  cv::resize(sample.image, resized, target(sample.image, scale), 0, 0, interpolations.at(options_.interpolation));
  const auto x = static_cast<float>(static_cast<double>(resized.cols) / sample.image.cols);
  const auto y = static_cast<float>(static_cast<double>(resized.rows) / sample.image.rows);
  sample.image = resized;
  sample.scale = scale;
  sample.is_resized = true;
  sample.meta.scale_factor = {x, y, x, y};
  sample.meta.img_shape = sample.meta.pad_shape = {resized.rows, resized.cols};
}

DETFORGE_REGISTER(transforms, Resize,
                  {.name = "Resize",
                   .python = "mmdet.datasets.pipelines.transforms.Resize",
                   .meaning = "resizes an image and what lies in it"});

}  // namespace detforge
