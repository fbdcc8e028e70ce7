#include <algorithm>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Fills a few rectangles of the image with one colour. DeVries, Taylor: Improved Regularization of Convolutional Neural Networks with
/// Cutout, arXiv 1708.04552.
class CutOut : public Transform {
 public:
  using Size = std::array<double, 2>;
  using Sizes = std::variant<Size, std::vector<Size>>;

  struct Options {
    std::variant<std::int64_t, std::array<std::int64_t, 2>> n_holes = std::int64_t{0};
    std::optional<Sizes> cutout_shape;
    std::optional<Sizes> cutout_ratio;
    std::array<double, 3> fill_in = {0, 0, 0};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::n_holes, "n_holes", required, "rectangles, or (least, most) of them"),
            arg(&Options::cutout_shape, "cutout_shape", "(width, height) px, or a list of which one is drawn"),
            arg(&Options::cutout_ratio, "cutout_ratio", "the same as parts of the image's sides"),
            arg(&Options::fill_in, "fill_in", "colour of the rectangles")};
  }

  CutOut(const Options& options, const BuildContext&) : with_ratio_(options.cutout_ratio.has_value()) {
    if (options.cutout_shape.has_value() == with_ratio_)
      throw ArgumentError("cutout_shape", "exactly one of it and cutout_ratio must be given");
    const Sizes& sizes = with_ratio_ ? *options.cutout_ratio : *options.cutout_shape;
    if (const auto* one = std::get_if<Size>(&sizes)) candidates_ = {*one};
    if (const auto* several = std::get_if<std::vector<Size>>(&sizes)) candidates_ = *several;
    for (const Size& size : candidates_) {
      if (!(size[0] >= 0 && size[1] >= 0 && size[0] <= 1e6 && size[1] <= 1e6)) throw ArgumentError("cutout_shape", "must not be negative");
    }
    if (candidates_.empty()) throw ArgumentError("cutout_shape", "must not be empty");
    if (const auto* one = std::get_if<std::int64_t>(&options.n_holes)) holes_ = {*one, *one};
    if (const auto* range = std::get_if<std::array<std::int64_t, 2>>(&options.n_holes)) holes_ = *range;
    if (holes_[0] < 0 || holes_[1] < holes_[0] || holes_[1] > 10000) throw ArgumentError("n_holes", "must be a number or (least, most)");
    for (std::size_t c = 0; c < 3; ++c) color_[static_cast<int>(c)] = options.fill_in[c];
  }

  void apply(Sample& sample, Random& random) const override {
    if (sample.image.empty()) throw Error("CutOut needs an image");
    cv::Mat image = sample.image.clone();
    const std::int64_t holes = random.randint(holes_[0], holes_[1] + 1);
    for (std::int64_t i = 0; i < holes; ++i) {
      const auto x = static_cast<int>(random.randint(0, image.cols)), y = static_cast<int>(random.randint(0, image.rows));
      const Size& size = candidates_[static_cast<std::size_t>(random.randint(0, std::ssize(candidates_)))];
      const auto width = static_cast<int>(with_ratio_ ? size[0] * image.cols : size[0]);
      const auto height = static_cast<int>(with_ratio_ ? size[1] * image.rows : size[1]);
      image(cv::Rect(x, y, std::min(width, image.cols - x), std::min(height, image.rows - y))) = color_;
    }
    sample.image = image;
  }

 private:
  bool with_ratio_;
  std::vector<Size> candidates_;
  std::array<std::int64_t, 2> holes_{};
  cv::Scalar color_;
};

DETFORGE_REGISTER(transforms, CutOut,
                  {.name = "CutOut",
                   .python = "mmdet.datasets.pipelines.transforms.CutOut",
                   .meaning = "fills a few rectangles of an image"});

}  // namespace detforge
