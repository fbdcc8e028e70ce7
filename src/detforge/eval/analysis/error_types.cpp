#include "detforge/eval/analysis/error_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "detforge/base/error.h"
#include "detforge/data/box_overlap.h"

namespace detforge {

namespace {

constexpr float right_iou = 0.5F;
constexpr float near_iou = 0.1F;

/// A detection that counts; `target`: the ground truth that it would have found without its error.
struct Judged {
  float score;
  std::int64_t label;
  std::optional<DetectionError> error;
  std::size_t target;
};

struct Target {
  std::int64_t label;
  bool is_found = false;
  bool is_near_miss = false;  ///< a detection with the wrong class or place is at it
};

struct Best {
  float iou = 0;
  std::size_t truth = 0;
};

template <class Accept>
Best best_of(const BoxXyxy& box, const ImageTruth& truth, Accept accept) {
  Best best;
  for (std::size_t j = 0; j < truth.boxes.size(); ++j) {
    if (!accept(j)) continue;
    const float iou = bbox_overlap(box, truth.boxes[j]);
    if (iou >= best.iou) best = {iou, j};
  }
  return best;
}

class Judge {
 public:
  explicit Judge(std::size_t classes) : classes_(classes) {}

  void add_image(const Detections& detections, const ImageTruth& truth) {
    const std::size_t first = targets.size();
    for (const std::int64_t label : truth.labels) targets.push_back({label});
    std::vector<std::size_t> order(detections.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return detections.scores[a] > detections.scores[b]; });
    std::vector<std::size_t> unmatched;
    for (const std::size_t i : order) {
      const auto is_free = [&](std::size_t j) { return truth.labels[j] == detections.labels[i] && !targets[first + j].is_found; };
      const Best best = best_of(detections.boxes_xyxy[i], truth, is_free);
      if (best.iou >= right_iou) {
        targets[first + best.truth].is_found = true;
        judged.push_back({detections.scores[i], detections.labels[i], {}, 0});
      } else if (!is_in_ignored(detections, i, truth)) {
        unmatched.push_back(i);
      }
    }
    for (const std::size_t i : unmatched) judge(detections, i, truth, first);
  }

  /// The mean AP if errors of that type were put right.
  double precision_without(std::optional<DetectionError> fixed) const {
    std::vector<std::vector<std::pair<float, bool>>> lists(classes_);
    std::vector<std::size_t> truths(classes_);
    std::vector<bool> is_found(targets.size());
    for (std::size_t t = 0; t < targets.size(); ++t) {
      is_found[t] = targets[t].is_found;
      const bool is_left_out = fixed == DetectionError::Missed && is_missed(targets[t]);
      if (!is_left_out) ++truths[static_cast<std::size_t>(targets[t].label)];
    }
    std::vector<const Judged*> order;
    for (const Judged& one : judged) order.push_back(&one);
    std::stable_sort(order.begin(), order.end(), [](const Judged* a, const Judged* b) { return a->score > b->score; });
    for (const Judged* one : order) {
      if (!one->error || one->error != fixed) {
        lists[static_cast<std::size_t>(one->label)].emplace_back(one->score, !one->error);
      } else if ((fixed == DetectionError::Class || fixed == DetectionError::Location) && !is_found[one->target]) {
        is_found[one->target] = true;
        lists[static_cast<std::size_t>(targets[one->target].label)].emplace_back(one->score, true);
      }
    }
    return mean_precision(lists, truths);
  }

  double precision_without_false_positives() const {
    std::vector<std::vector<std::pair<float, bool>>> lists(classes_);
    for (const Judged& one : judged) {
      if (!one.error) lists[static_cast<std::size_t>(one.label)].emplace_back(one.score, true);
    }
    return mean_precision(lists, truths_where([](const Target&) { return true; }));
  }

  double precision_without_missed() const {
    std::vector<std::vector<std::pair<float, bool>>> lists(classes_);
    for (const Judged& one : judged) lists[static_cast<std::size_t>(one.label)].emplace_back(one.score, !one.error);
    return mean_precision(lists, truths_where([](const Target& target) { return target.is_found; }));
  }

  static bool is_missed(const Target& target) { return !target.is_found && !target.is_near_miss; }

  std::vector<Judged> judged;
  std::vector<Target> targets;

 private:
  static bool is_in_ignored(const Detections& detections, std::size_t i, const ImageTruth& truth) {
    for (std::size_t j = 0; j < truth.ignored_boxes.size(); ++j) {
      if (truth.ignored_labels[j] != detections.labels[i]) continue;
      if (bbox_overlap(detections.boxes_xyxy[i], truth.ignored_boxes[j], 0, true) >= right_iou) return true;
    }
    return false;
  }

  void judge(const Detections& detections, std::size_t i, const ImageTruth& truth, std::size_t first) {
    const BoxXyxy& box = detections.boxes_xyxy[i];
    const std::int64_t label = detections.labels[i];
    const Best same = best_of(box, truth, [&](std::size_t j) { return truth.labels[j] == label; });
    const Best other = best_of(box, truth, [&](std::size_t j) { return truth.labels[j] != label; });
    Judged result{detections.scores[i], label, DetectionError::Background, 0};
    if (same.iou >= near_iou && same.iou <= right_iou) {
      result.error = DetectionError::Location;
      result.target = first + same.truth;
    } else if (other.iou >= right_iou) {
      result.error = DetectionError::Class;
      result.target = first + other.truth;
    } else if (same.iou >= right_iou) {
      result.error = DetectionError::Duplicate;
    } else if (std::max(same.iou, other.iou) > near_iou) {
      result.error = DetectionError::Both;
    }
    if (result.error == DetectionError::Location || result.error == DetectionError::Class) targets[result.target].is_near_miss = true;
    judged.push_back(result);
  }

  template <class Accept>
  std::vector<std::size_t> truths_where(Accept accept) const {
    std::vector<std::size_t> truths(classes_);
    for (const Target& target : targets) truths[static_cast<std::size_t>(target.label)] += accept(target) ? 1 : 0;
    return truths;
  }

  /// Over the classes that have ground truth at all; one of which nothing is left to find counts as found.
  double mean_precision(std::vector<std::vector<std::pair<float, bool>>>& lists, const std::vector<std::size_t>& truths) const {
    const std::vector<std::size_t> present = truths_where([](const Target&) { return true; });
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t k = 0; k < classes_; ++k) {
      if (present[k] == 0) continue;
      ++count;
      if (truths[k] == 0) continue;
      std::stable_sort(lists[k].begin(), lists[k].end(), [](const auto& a, const auto& b) { return a.first > b.first; });
      std::vector<double> recall;
      std::vector<double> precision;
      std::size_t right = 0;
      for (std::size_t i = 0; i < lists[k].size(); ++i) {
        right += lists[k][i].second ? 1 : 0;
        recall.push_back(static_cast<double>(right) / static_cast<double>(truths[k]));
        precision.push_back(static_cast<float>(right) / static_cast<float>(i + 1));
      }
      sum += double(average_precision(recall, precision, false));
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
  }

  std::size_t classes_;
};

}  // namespace

const std::array<std::string_view, detection_errors>& detection_error_names() {
  static const std::array<std::string_view, detection_errors> names = {"Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"};
  return names;
}

ErrorTypes error_types(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes) {
  if (detections.size() != truth.size()) {
    throw Error(fmt::format("there are results of {} images, but {} images are annotated", detections.size(), truth.size()));
  }
  Judge judge(classes);
  for (std::size_t i = 0; i < truth.size(); ++i) judge.add_image(detections[i], truth[i]);
  ErrorTypes types;
  types.precision = judge.precision_without({});
  for (const Judged& one : judge.judged) {
    if (one.error) ++types.count[static_cast<std::size_t>(*one.error)];
  }
  types.count[static_cast<std::size_t>(DetectionError::Missed)] =
      static_cast<std::size_t>(std::count_if(judge.targets.begin(), judge.targets.end(), Judge::is_missed));
  for (std::size_t e = 0; e < detection_errors; ++e) {
    types.gain[e] = judge.precision_without(static_cast<DetectionError>(e)) - types.precision;
  }
  types.gain_without_false_positives = judge.precision_without_false_positives() - types.precision;
  types.gain_without_missed = judge.precision_without_missed() - types.precision;
  return types;
}

}  // namespace detforge
