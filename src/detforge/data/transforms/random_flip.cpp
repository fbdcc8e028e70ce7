#include <numeric>
#include <opencv2/core.hpp>
#include <set>
#include <utility>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Flips the image and the annotations with it: as the sample says (`MultiScaleFlipAug` does), else with probability `flip_ratio` in one of
/// the directions. One ratio is shared equally by several directions.
class RandomFlip : public Transform {
 public:
  struct Options {
    std::optional<std::variant<double, std::vector<double>>> flip_ratio;
    std::variant<std::string, std::vector<std::string>> direction = "horizontal";
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::flip_ratio, "flip_ratio", "probability of a flip, one or one for each direction"),
            arg(&Options::direction, "direction", "horizontal, vertical, diagonal, or a list of them")};
  }

  RandomFlip(const Options& options, const BuildContext& context);
  void apply(Sample& sample, Random& random) const override;

 private:
  std::vector<std::string> directions_;
  std::vector<double> probabilities_;  ///< of each direction, then of none; empty when only the sample decides
};

RandomFlip::RandomFlip(const Options& options, const BuildContext&) {
  if (const auto* one = std::get_if<std::string>(&options.direction)) directions_ = {*one};
  if (const auto* several = std::get_if<std::vector<std::string>>(&options.direction)) directions_ = *several;
  const std::set<std::string> known = {"horizontal", "vertical", "diagonal"};
  for (const std::string& direction : directions_) {
    if (!known.contains(direction)) {
      throw ArgumentError("direction", "must be 'horizontal', 'vertical' or 'diagonal', got '" + direction + "'");
    }
  }
  if (directions_.empty()) throw ArgumentError("direction", "must name a direction");
  if (!options.flip_ratio) return;
  if (const auto* one = std::get_if<double>(&*options.flip_ratio)) {
    if (!(*one >= 0 && *one <= 1)) throw ArgumentError("flip_ratio", "must be between 0 and 1");
    probabilities_.assign(directions_.size(), *one / static_cast<double>(directions_.size()));
    probabilities_.push_back(1 - *one);
    return;
  }
  probabilities_ = std::get<std::vector<double>>(*options.flip_ratio);
  if (probabilities_.size() != directions_.size()) throw ArgumentError("flip_ratio", "must have one entry for each direction");
  const double sum = std::accumulate(probabilities_.begin(), probabilities_.end(), 0.0);
  for (const double probability : probabilities_) {
    if (!(probability >= 0) || !(sum <= 1)) throw ArgumentError("flip_ratio", "must be probabilities that sum to at most 1");
  }
  probabilities_.push_back(1 - sum);
}

void RandomFlip::apply(Sample& sample, Random& random) const {
  if (!sample.flip) {
    if (probabilities_.empty()) throw Error("RandomFlip has no flip_ratio, and the image does not say whether it is flipped");
    const std::size_t drawn = random.choice(probabilities_);
    sample.flip = drawn < directions_.size();
    if (*sample.flip) sample.meta.flip_direction = directions_[drawn];
  }
  sample.meta.flip = *sample.flip;
  if (!*sample.flip) return;
  const std::string& name = sample.meta.flip_direction;
  const FlipDirection direction = name == "horizontal" ? FlipDirection::Horizontal
                                  : name == "vertical" ? FlipDirection::Vertical
                                                       : FlipDirection::Diagonal;
  for (cv::Mat* picture : {&sample.image, &sample.gt_semantic_seg}) {
    if (picture->empty()) continue;
    cv::Mat flipped;
    cv::flip(*picture, flipped, direction == FlipDirection::Horizontal ? 1 : direction == FlipDirection::Vertical ? 0 : -1);
    *picture = flipped;
  }
  const auto width = static_cast<float>(sample.meta.img_shape.width), height = static_cast<float>(sample.meta.img_shape.height);
  for_each_bbox_field(sample, [&](std::vector<BoxXyxy>& boxes) {
    for (auto& [x1, y1, x2, y2] : boxes) {
      if (direction != FlipDirection::Vertical) x1 = width - std::exchange(x2, width - x1);
      if (direction != FlipDirection::Horizontal) y1 = height - std::exchange(y2, height - y1);
    }
  });
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->flip(direction);
}

DETFORGE_REGISTER(transforms, RandomFlip,
                  {.name = "RandomFlip",
                   .python = "mmdet.datasets.pipelines.transforms.RandomFlip",
                   .meaning = "flips an image and what lies in it"});

}  // namespace detforge
