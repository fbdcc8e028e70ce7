#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Turns, scales, shears and moves the image at random, and boxes with it. YOLOX, arXiv 2107.08430. Matrices are float32 as in the
/// reference.
class RandomAffine : public Transform {
 public:
  struct Options {
    double max_rotate_degree = 10;
    double max_translate_ratio = 0.1;
    std::array<double, 2> scaling_ratio_range = {0.5, 1.5};
    double max_shear_degree = 2;
    std::array<std::int64_t, 2> border = {0, 0};
    std::array<double, 3> border_val = {114, 114, 114};
    double min_bbox_size = 2;
    double min_area_ratio = 0.2;
    double max_aspect_ratio = 20;
    bool bbox_clip_border = true;
    bool skip_filter = true;
  };
  static Arguments<Options> arguments() {
    return {
        arg(&Options::max_rotate_degree, "max_rotate_degree", "most that it is turned, either way"),
        arg(&Options::max_translate_ratio, "max_translate_ratio", "most that it is moved, as a part of its sides").check([](double ratio) {
          return ratio >= 0 && ratio <= 1 ? "" : "must be between 0 and 1";
        }),
        arg(&Options::scaling_ratio_range, "scaling_ratio_range", "(low, high) factor"),
        arg(&Options::max_shear_degree, "max_shear_degree", "most that it is sheared, either way"),
        arg(&Options::border, "border", "(height, width) px that the image grows by on each side; negative: what a mosaic loses"),
        arg(&Options::border_val, "border_val", "colour that comes in"),
        arg(&Options::min_bbox_size, "min_bbox_size", "sides of a box, px, below which it is left out"),
        arg(&Options::min_area_ratio, "min_area_ratio", "least part of a box's area that must be left"),
        arg(&Options::max_aspect_ratio, "max_aspect_ratio", "most that one side of a box may be of the other"),
        arg(&Options::bbox_clip_border, "bbox_clip_border", "clip boxes to the image"),
        arg(&Options::skip_filter, "skip_filter", "keep boxes that these three would leave out")};
  }

  RandomAffine(const Options& options, const BuildContext&) : options_(options) {
    const auto [low, high] = options.scaling_ratio_range;
    if (!(low > 0 && low <= high)) throw ArgumentError("scaling_ratio_range", "must be (low, high) with 0 < low <= high");
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  using Matrix = cv::Matx33f;

  Matrix draw(double width, double height, float& scaling, Random& random) const;
  static Matrix product(const Matrix& a, const Matrix& b);
  BoxXyxy warped(const BoxXyxy& box, const Matrix& matrix) const;
  bool is_kept(const BoxXyxy& old, const BoxXyxy& box, float scaling) const;

  Options options_;
};

/// As the reference's BLAS multiplies: each product is added without being rounded first.
RandomAffine::Matrix RandomAffine::product(const Matrix& a, const Matrix& b) {
  Matrix c = Matrix::zeros();
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 3; ++k) c(i, j) = std::fmaf(a(i, k), b(k, j), c(i, j));
    }
  }
  return c;
}

RandomAffine::Matrix RandomAffine::draw(double width, double height, float& scaling, Random& random) const {
  const auto angle = [&](double most) { return random.uniform(-most, most) * std::numbers::pi / 180; };
  const auto single = [](double value) { return static_cast<float>(value); };
  const double turn = angle(options_.max_rotate_degree);
  const Matrix rotation(single(std::cos(turn)), single(-std::sin(turn)), 0, single(std::sin(turn)), single(std::cos(turn)), 0, 0, 0, 1);
  const double ratio = random.uniform(options_.scaling_ratio_range[0], options_.scaling_ratio_range[1]);
  scaling = single(ratio);
  const Matrix scale(scaling, 0, 0, 0, scaling, 0, 0, 0, 1);
  const double shear_x = angle(options_.max_shear_degree), shear_y = angle(options_.max_shear_degree);
  const Matrix shear(1, single(std::tan(shear_x)), 0, single(std::tan(shear_y)), 1, 0, 0, 0, 1);
  const double x = random.uniform(-options_.max_translate_ratio, options_.max_translate_ratio) * width;
  const double y = random.uniform(-options_.max_translate_ratio, options_.max_translate_ratio) * height;
  const Matrix translation(1, 0, single(x), 0, 1, single(y), 0, 0, 1);
  return product(product(product(translation, shear), rotation), scale);
}

BoxXyxy RandomAffine::warped(const BoxXyxy& box, const Matrix& matrix) const {
  const auto [x1, y1, x2, y2] = box;
  const std::array<std::array<float, 2>, 4> corners = {{{x1, y1}, {x1, y2}, {x2, y2}, {x2, y1}}};
  BoxXyxy warped{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::array<float, 3> point{};
    for (int row = 0; row < 3; ++row) {
      const float sum = std::fmaf(matrix(row, 1), corners[i][1], matrix(row, 0) * corners[i][0]);
      point[static_cast<std::size_t>(row)] = sum + matrix(row, 2);
    }
    const float x = point[0] / point[2], y = point[1] / point[2];
    if (i == 0) warped = {x, y, x, y};
    warped = {std::min(warped[0], x), std::min(warped[1], y), std::max(warped[2], x), std::max(warped[3], y)};
  }
  return warped;
}

bool RandomAffine::is_kept(const BoxXyxy& old, const BoxXyxy& box, float scaling) const {
  const float old_width = old[2] * scaling - old[0] * scaling, old_height = old[3] * scaling - old[1] * scaling;
  const float width = box[2] - box[0], height = box[3] - box[1];
  constexpr float kTiny = 1e-16F;
  const float aspect = std::max(width / (height + kTiny), height / (width + kTiny));
  const auto least = static_cast<float>(options_.min_bbox_size);
  return width > least && height > least &&
         width * height / (old_width * old_height + kTiny) > static_cast<float>(options_.min_area_ratio) &&
         aspect < static_cast<float>(options_.max_aspect_ratio);
}

void RandomAffine::apply(Sample& sample, Random& random) const {
  if (sample.image.empty()) throw Error("RandomAffine needs an image");
  if (sample.gt_masks) throw Error("RandomAffine moves boxes only, no masks");
  const std::int64_t rows = sample.image.rows + options_.border[0] * 2, cols = sample.image.cols + options_.border[1] * 2;
  constexpr std::int64_t kMaxSide = 1 << 15;
  if (rows < 1 || cols < 1 || rows > kMaxSide || cols > kMaxSide) throw Error("RandomAffine's border leaves no image");
  const auto width = static_cast<float>(cols), height = static_cast<float>(rows);
  float scaling = 1;
  const Matrix matrix = draw(static_cast<double>(cols), static_cast<double>(rows), scaling, random);
  cv::Mat image;
  const cv::Scalar color(options_.border_val[0], options_.border_val[1], options_.border_val[2]);
  cv::warpPerspective(sample.image, image, matrix, cv::Size(static_cast<int>(cols), static_cast<int>(rows)), cv::INTER_LINEAR,
                      cv::BORDER_CONSTANT, color);
  sample.image = image;
  sample.meta.img_shape = {rows, cols};
  const auto warp = [&](const std::vector<BoxXyxy>& boxes, std::vector<std::size_t>& kept) {
    std::vector<BoxXyxy> all;
    for (const BoxXyxy& box : boxes) {
      all.push_back(warped(box, matrix));
      if (options_.bbox_clip_border) all.back() = clipped(all.back(), width, height);
      const bool keep = is_partly_inside(all.back(), width, height) && (options_.skip_filter || is_kept(box, all.back(), scaling));
      if (keep) kept.push_back(all.size() - 1);
    }
    return selected(all, kept);
  };
  for (auto* field : {&sample.gt_bboxes_ignore, &sample.gt_bboxes, &sample.proposals}) {
    if (!*field) continue;
    std::vector<std::size_t> kept;
    *field = warp(**field, kept);
    if (field == &sample.gt_bboxes && sample.gt_labels) sample.gt_labels = selected(*sample.gt_labels, kept);
  }
}

DETFORGE_REGISTER(transforms, RandomAffine,
                  {.name = "RandomAffine",
                   .python = "mmdet.datasets.pipelines.transforms.RandomAffine",
                   .meaning = "turns, scales, shears and moves an image",
                   .since = Reference::V2_27});

}  // namespace detforge
