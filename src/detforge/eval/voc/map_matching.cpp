#include <algorithm>
#include <numeric>

#include "detforge/data/box_overlap.h"
#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge::map_matching {

namespace {

/// In V1.x both end pixels of a side count.
float inclusive_px(bool legacy) { return legacy ? 1.F : 0.F; }

/// NumPy widens a lone number: the area of one box is a double.
double wide_area(const BoxXyxy& box, bool legacy) {
  const double extra = legacy ? 1 : 0;
  return (double(box[2] - box[0]) + extra) * (double(box[3] - box[1]) + extra);
}

std::vector<std::size_t> best_first(const std::vector<float>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

/// Judges the detections of one image and class at one scale.
class Judge {
 public:
  Judge(const ImageClass& image, const MapOptions& options, std::size_t scale)
      : image_(image), options_(options), right(image.boxes.size()), wrong(image.boxes.size()) {
    if (!options.scale_ranges.empty()) {
      const auto [from, to] = options.scale_ranges[scale];
      from_ = from * from;
      to_ = to * to;
    }
  }

  void without_truth() {
    for (std::size_t i = 0; i < right.size(); ++i) {
      const float size = area_of(image_.boxes[i], inclusive_px(options_.legacy_coordinates));
      wrong[i] = !has_range() || (size >= static_cast<float>(from_) && size < static_cast<float>(to_));
    }
  }

  /// Each detection counts for the one of `truths` that it overlaps most.
  void by_best_overlap(const std::vector<BoxXyxy>& truths) {
    std::vector<bool> taken(truths.size());
    for (const std::size_t i : best_first(image_.scores)) {
      const auto [iou, best] = best_overlap(image_.boxes[i], truths, false);
      if (double(iou) < options_.iou_threshold) {
        missed(i);
      } else if (counts(best)) {
        (taken[best] ? wrong : right)[i] = 1;
        taken[best] = true;
      }
    }
  }

  /// ImageNet's rule.
  void by_best_free() {
    std::vector<bool> taken(image_.truths.size());
    for (const std::size_t i : best_first(image_.scores)) {
      std::size_t best = image_.truths.size();
      float best_iou = -1;
      for (std::size_t j = 0; j < image_.truths.size(); ++j) {
        BoxXyxy shifted = image_.truths[j];
        for (float& value : shifted) value -= 1;
        const float iou = bbox_overlap(image_.boxes[i], shifted, inclusive_px(options_.legacy_coordinates));
        if (taken[j] || iou < small_box_threshold(image_.truths[j]) || iou <= best_iou) continue;
        best_iou = iou;
        best = j;
      }
      if (best == image_.truths.size()) {
        missed(i);
      } else {
        taken[best] = true;
        if (counts(best)) right[i] = 1;
      }
    }
  }

  std::pair<float, std::size_t> best_overlap(const BoxXyxy& box, const std::vector<BoxXyxy>& truths, bool over_first) const {
    std::pair<float, std::size_t> best{-1.F, 0};
    for (std::size_t j = 0; j < truths.size(); ++j) {
      const float iou = bbox_overlap(box, truths[j], inclusive_px(options_.legacy_coordinates && !over_first), over_first);
      if (iou > best.first) best = {iou, j};
    }
    return best;
  }

  /// Neither ignored nor outside of the scale.
  bool counts(std::size_t truth) const {
    if (image_.is_ignored[truth] != 0) return false;
    const float size = area_of(image_.truths[truth], inclusive_px(options_.legacy_coordinates));
    return !has_range() || !(size < static_cast<float>(from_) || size >= static_cast<float>(to_));
  }

 private:
  bool has_range() const { return !options_.scale_ranges.empty(); }

  void missed(std::size_t detection) {
    const double size = wide_area(image_.boxes[detection], options_.legacy_coordinates);
    if (!has_range() || (size >= from_ && size < to_)) wrong[detection] = 1;
  }

  float small_box_threshold(const BoxXyxy& truth) const {
    const float inclusive = inclusive_px(options_.legacy_coordinates);
    const float width = side_of(truth[0], truth[2], inclusive), height = side_of(truth[1], truth[3], inclusive);
    return std::min(width * height / ((width + 10.F) * (height + 10.F)), static_cast<float>(options_.iou_threshold));
  }

  const ImageClass& image_;
  const MapOptions& options_;
  double from_ = 0;
  double to_ = 0;

 public:
  std::vector<std::uint8_t> right;
  std::vector<std::uint8_t> wrong;
};

/// Detections that found nothing but lie in a group become one row for the group, with the best of their scores; a group without any is a
/// wrong row of score 0.
void judge_groups(const ImageClass& image, const std::vector<BoxXyxy>& groups, const Judge& judge, double threshold, Verdicts& verdicts) {
  std::vector<std::uint8_t> in_group(image.boxes.size());
  std::vector<std::uint8_t> found(groups.size());
  std::vector<float> group_score(groups.size());
  for (const std::size_t i : best_first(image.scores)) {
    const auto [part, best] = judge.best_overlap(image.boxes[i], groups, true);
    // MMDetection looks up whether the group counts by its position among the groups, in the list of all.
    if (judge.right[i] != 0 || double(part) < threshold || !judge.counts(best)) continue;
    in_group[i] = found[best] = 1;
    group_score[best] = std::max(group_score[best], image.scores[i]);
  }
  std::vector<std::uint8_t>& right = verdicts.right.emplace_back();
  std::vector<std::uint8_t>& wrong = verdicts.wrong.emplace_back();
  verdicts.scores.clear();
  for (std::size_t i = 0; i < image.boxes.size(); ++i) {
    if (in_group[i] != 0) continue;
    verdicts.scores.push_back(image.scores[i]);
    right.push_back(judge.right[i]);
    wrong.push_back(judge.wrong[i]);
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    verdicts.scores.push_back(group_score[g]);
    right.push_back(found[g]);
    wrong.push_back(found[g] == 0);
  }
}

}  // namespace

Verdicts judge(const ImageClass& image, const MapOptions& options) {
  Verdicts verdicts{.scores = image.scores, .right = {}, .wrong = {}};
  std::vector<BoxXyxy> single;
  std::vector<BoxXyxy> groups;
  for (std::size_t i = 0; i < image.truths.size(); ++i) {
    const bool is_group = options.rule == MapRule::OpenImages && i < image.is_group.size() && image.is_group[i] != 0;
    (is_group ? groups : single).push_back(image.truths[i]);
  }
  verdicts.with_groups = !groups.empty();
  for (std::size_t scale = 0; scale < std::max<std::size_t>(1, options.scale_ranges.size()); ++scale) {
    Judge judge(image, options, scale);
    if (single.empty()) {
      judge.without_truth();
    } else if (options.rule == MapRule::ImageNet) {
      judge.by_best_free();
    } else {
      judge.by_best_overlap(single);
    }
    if (groups.empty()) {
      verdicts.right.push_back(std::move(judge.right));
      verdicts.wrong.push_back(std::move(judge.wrong));
    } else {
      judge_groups(image, groups, judge, options.group_threshold, verdicts);
    }
  }
  return verdicts;
}

}  // namespace detforge::map_matching
