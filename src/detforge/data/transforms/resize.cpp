#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "detforge/data/rescale_size.h"
#include "detforge/data/transforms/scales.h"
#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Resizes the image, and the annotations with it, to a scale: the sample's own, or one of `img_scale` chosen at random where there are
/// several.
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
  void resize_annotations(Sample& sample, const Scale& scale) const;

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
  ImageSize size{static_cast<std::int64_t>(scale[1]), static_cast<std::int64_t>(scale[0])};
  if (options_.keep_ratio) size = rescale_size({image.rows, image.cols}, scale);
  constexpr std::int64_t kMaxSide = 1 << 20, kMaxPixels = 134217728;
  if (size.width < 1 || size.height < 1 || size.width > kMaxSide || size.height > kMaxSide || size.width * size.height > kMaxPixels) {
    throw Error("an image of " + std::to_string(image.cols) + "x" + std::to_string(image.rows) + " can not be resized to " +
                std::to_string(size.width) + "x" + std::to_string(size.height));
  }
  return {static_cast<int>(size.width), static_cast<int>(size.height)};
}

void Resize::resize_annotations(Sample& sample, const Scale& scale) const {
  const ImageSize size = sample.meta.img_shape;
  const auto width = static_cast<float>(size.width), height = static_cast<float>(size.height);
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (BoxXyxy& box : boxes) {
      for (std::size_t i = 0; i < 4; ++i) {
        box[i] *= sample.meta.scale_factor[i];
        if (options_.bbox_clip_border) box[i] = std::clamp(box[i], 0.0F, i % 2 == 0 ? width : height);
      }
    }
  });
  if (sample.gt_masks) sample.gt_masks = options_.keep_ratio ? sample.gt_masks->rescale(scale) : sample.gt_masks->resize(size);
  if (!sample.gt_semantic_seg.empty()) {
    cv::Mat resized;
    cv::resize(sample.gt_semantic_seg, resized, target(sample.gt_semantic_seg, scale), 0, 0, cv::INTER_NEAREST);
    sample.gt_semantic_seg = resized;
  }
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
  resize_annotations(sample, scale);
}

DETFORGE_REGISTER(transforms, Resize,
                  {.name = "Resize",
                   .python = "mmdet.datasets.pipelines.transforms.Resize",
                   .meaning = "resizes an image and what lies in it"});

}  // namespace detforge
