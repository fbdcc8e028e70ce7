#include "detforge/eval/voc/mean_average_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "detforge/base/error.h"
#include "detforge/base/parallel.h"
#include "detforge/eval/numpy_mean.h"
#include "detforge/eval/table.h"

namespace detforge {

namespace {

using map_matching::ImageClass;
using map_matching::Verdicts;

ImageClass select(const Detections& detections, const ImageTruth& truth, std::int64_t label) {
  ImageClass image;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (detections.labels[i] != label) continue;
    image.boxes.push_back(detections.boxes_xyxy[i]);
    image.scores.push_back(detections.scores[i]);
  }
  for (std::size_t i = 0; i < truth.boxes.size(); ++i) {
    if (truth.labels[i] != label) continue;
    image.truths.push_back(truth.boxes[i]);
    image.is_ignored.push_back(0);
    image.is_group.push_back(i < truth.is_group.size() && truth.is_group[i] != 0);
  }
  for (std::size_t i = 0; i < truth.ignored_boxes.size(); ++i) {
    if (truth.ignored_labels[i] != label) continue;
    image.truths.push_back(truth.ignored_boxes[i]);
    image.is_ignored.push_back(1);
    image.is_group.push_back(0);
  }
  return image;
}

/// Ground truth of that scale.
std::size_t count_truths(const ImageClass& image, const MapOptions& options, std::size_t scale) {
  std::size_t count = 0;
  const float extra = options.legacy_coordinates ? 1 : 0;
  for (std::size_t i = 0; i < image.truths.size(); ++i) {
    if (image.is_ignored[i] != 0) continue;
    const BoxXyxy& box = image.truths[i];
    const float area = (box[2] - box[0] + extra) * (box[3] - box[1] + extra);
    const bool all = options.scale_ranges.empty();
    const auto [from, to] = all ? std::array<double, 2>{} : options.scale_ranges[scale];
    count += all || (area >= static_cast<float>(from * from) && area < static_cast<float>(to * to)) ? 1 : 0;
  }
  return count;
}

/// The curve of one scale from what each detection is, best score first.
void add_curve(const std::vector<Verdicts>& images, const std::vector<std::pair<float, std::size_t>>& ranking, std::size_t scale,
               ClassPrecision& result) {
  constexpr float tiny = std::numeric_limits<float>::epsilon();
  std::vector<std::uint8_t> right;
  std::vector<std::uint8_t> wrong;
  for (const Verdicts& image : images) {
    right.insert(right.end(), image.right[scale].begin(), image.right[scale].end());
    wrong.insert(wrong.end(), image.wrong[scale].begin(), image.wrong[scale].end());
  }
  const double truths = std::max(static_cast<double>(result.truths[scale]), double(tiny));
  std::vector<double>& recall = result.recall.emplace_back();
  std::vector<double>& precision = result.precision.emplace_back();
  // MMDetection counts a group's misses in double precision, and with them all of the class.
  const bool in_double = std::any_of(images.begin(), images.end(), [](const Verdicts& image) { return image.with_groups; });
  float found = 0;
  float false_positives = 0;
  for (const auto& [score, position] : ranking) {
    found += right[position];
    false_positives += wrong[position];
    recall.push_back(double(found) / truths);
    if (in_double) {
      precision.push_back(double(found) / std::max(double(found) + double(false_positives), double(tiny)));
    } else {
      precision.push_back(double(found / std::max(found + false_positives, tiny)));
    }
  }
}

ClassPrecision evaluate_class(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::int64_t label,
                              const MapOptions& options) {
  ClassPrecision result;
  const std::size_t scales = std::max<std::size_t>(1, options.scale_ranges.size());
  result.truths.assign(scales, 0);
  std::vector<Verdicts> images;
  std::vector<std::pair<float, std::size_t>> ranking;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const ImageClass image = select(detections[i], truth[i], label);
    for (std::size_t scale = 0; scale < scales; ++scale) result.truths[scale] += count_truths(image, options, scale);
    images.push_back(map_matching::judge(image, options));
    for (const float score : images.back().scores) ranking.emplace_back(score, ranking.size());
  }
  result.detections = ranking.size();
  std::stable_sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [score, position] : ranking) result.scores.push_back(score);
  for (std::size_t scale = 0; scale < scales; ++scale) {
    add_curve(images, ranking, scale, result);
    result.average_precision.push_back(average_precision(result.recall[scale], result.precision[scale], options.eleven_points));
  }
  return result;
}

float by_area(std::span<const double> recall, std::span<const double> precision) {
  std::vector<double> envelope(precision.begin(), precision.end());
  for (std::size_t i = envelope.size(); i-- > 1;) envelope[i - 1] = std::max(envelope[i - 1], envelope[i]);
  std::vector<double> pieces;
  double before = 0;
  for (std::size_t i = 0; i < recall.size(); ++i) {
    if (recall[i] != before) pieces.push_back((recall[i] - before) * envelope[i]);
    before = recall[i];
  }
  if (before != 1) pieces.push_back(0);  // up to recall 1, where nothing is precise
  return static_cast<float>(numpy_sum(std::span<const double>(pieces)));
}

float by_eleven_points(std::span<const double> recall, std::span<const double> precision) {
  float sum = 0;
  for (int point = 0; point <= 10; ++point) {
    double best = 0;
    for (std::size_t i = 0; i < recall.size(); ++i) {
      if (recall[i] >= point * 0.1) best = std::max(best, precision[i]);
    }
    sum = static_cast<float>(double(sum) + best);
  }
  return sum / 11;
}

}  // namespace

float average_precision(std::span<const double> recall, std::span<const double> precision, bool eleven_points) {
  return eleven_points ? by_eleven_points(recall, precision) : by_area(recall, precision);
}

MapResult mean_average_precision(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                 const MapOptions& options, std::size_t threads) {
  if (detections.size() != truth.size()) {
    throw Error(fmt::format("there are results of {} images, but {} images are annotated", detections.size(), truth.size()));
  }
  MapResult result;
  result.classes.resize(classes);
  parallel_for(classes, threads,
               [&](std::size_t k) { result.classes[k] = evaluate_class(detections, truth, static_cast<std::int64_t>(k), options); });
  for (std::size_t scale = 0; scale < std::max<std::size_t>(1, options.scale_ranges.size()); ++scale) {
    std::vector<float> present;
    for (const ClassPrecision& one : result.classes) {
      if (one.truths[scale] > 0) present.push_back(one.average_precision[scale]);
    }
    result.mean.push_back(present.empty() ? 0.F : numpy_mean(std::span<const float>(present)));
  }
  return result;
}

std::string map_text(const MapResult& result, const std::vector<std::string>& names, const MapOptions& options) {
  std::string text;
  for (std::size_t scale = 0; scale < result.mean.size(); ++scale) {
    if (!options.scale_ranges.empty())
      text += fmt::format("Scale range ({}, {})\n", options.scale_ranges[scale][0], options.scale_ranges[scale][1]);
    std::vector<std::vector<std::string>> rows = {{"class", "gts", "dets", "recall", "ap"}};
    for (std::size_t k = 0; k < result.classes.size(); ++k) {
      const ClassPrecision& one = result.classes[k];
      const double recall = one.recall[scale].empty() ? 0 : one.recall[scale].back();
      rows.push_back({k < names.size() ? names[k] : std::to_string(k), std::to_string(one.truths[scale]), std::to_string(one.detections),
                      fmt::format("{:.3f}", recall), fmt::format("{:.3f}", one.average_precision[scale])});
    }
    rows.push_back({"mAP", "", "", "", fmt::format("{:.3f}", result.mean[scale])});
    text += ascii_table(rows, true);
  }
  return text;
}

}  // namespace detforge
