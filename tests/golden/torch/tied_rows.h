#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace detforge::golden {

/// The scores by which the rows of a tensor are ordered, image after image: a RoI head's outputs stand in the order of the
/// proposals, its masks in that of the detections.
class RowScores {
 public:
  void append_image(std::span<const float> scores) {
    scores_.insert(scores_.end(), scores.begin(), scores.end());
    images_.insert(images_.end(), scores.size(), num_images_++);
  }
  std::int64_t size() const { return static_cast<std::int64_t>(scores_.size()); }

  /// The other rows of the image whose score is within `rounding` of that of `row`, so that rounding says which comes first.
  std::vector<std::int64_t> tied_with(std::int64_t row, double rounding) const {
    const auto place = static_cast<std::size_t>(row);
    std::vector<std::int64_t> tied;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      const bool is_tied = images_[i] == images_[place] && std::abs(scores_[i] - scores_[place]) <= rounding;
      if (is_tied && i != place) tied.push_back(static_cast<std::int64_t>(i));
    }
    return tied;
  }

 private:
  std::vector<float> scores_;
  std::vector<int> images_;
  int num_images_ = 0;
};

}  // namespace detforge::golden
