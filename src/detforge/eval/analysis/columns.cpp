#include "detforge/eval/analysis/columns.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "detforge/base/error.h"
#include "detforge/base/parallel.h"
#include "detforge/eval/precision_mean.h"

namespace detforge {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

BoxXywh xywh(const BoxXyxy& box) { return {box[0], box[1], double(box[2]) - double(box[0]), double(box[3]) - double(box[1])}; }

void add_truth(const BoxXyxy& box, std::int64_t label, std::int32_t image, bool crowd, TruthColumns& truth) {
  const BoxXywh converted = xywh(box);
  truth.image.push_back(image);
  truth.category.push_back(static_cast<std::int32_t>(label));
  truth.box.push_back(converted);
  truth.area.push_back(converted[2] * converted[3]);
  truth.crowd.push_back(crowd);
  truth.ignore.push_back(crowd);
  truth.countable.push_back(1);
}

void check_lengths(std::span<const Detections> detections, std::span<const ImageTruth> truth) {
  if (detections.size() == truth.size()) return;
  throw Error(fmt::format("there are results of {} images, but {} images are annotated", detections.size(), truth.size()));
}

}  // namespace

EvaluationColumns columns_of(std::span<const Detections> detections, std::span<const ImageTruth> truth,
                             std::span<const std::size_t> images) {
  check_lengths(detections, truth);
  EvaluationColumns columns;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto image = static_cast<std::int32_t>(i);
    const ImageTruth& there = truth[images[i]];
    for (std::size_t k = 0; k < there.boxes.size(); ++k) add_truth(there.boxes[k], there.labels[k], image, false, columns.truth);
    for (std::size_t k = 0; k < there.ignored_boxes.size(); ++k) {
      add_truth(there.ignored_boxes[k], there.ignored_labels[k], image, true, columns.truth);
    }
    const Detections& found = detections[images[i]];
    for (std::size_t k = 0; k < found.size(); ++k) {
      const BoxXywh box = xywh(found.boxes_xyxy[k]);
      columns.detections.image.push_back(image);
      columns.detections.category.push_back(static_cast<std::int32_t>(found.labels[k]));
      columns.detections.box.push_back(box);
      columns.detections.area.push_back(box[2] * box[3]);
      columns.detections.score.push_back(found.scores[k]);
    }
  }
  return columns;
}

std::vector<double> class_precisions(std::span<const Detections> detections, std::span<const ImageTruth> truth,
                                     std::span<const std::size_t> images, std::size_t classes, std::size_t threads) {
  const EvaluationColumns columns = columns_of(detections, truth, images);
  MatchParameters parameters = default_match_parameters();
  parameters.area_ranges.resize(1);
  parameters.max_detections = {100};
  const PrecisionRecall result = precision_recall(columns.truth, columns.detections, classes, parameters, threads);
  std::vector<double> precisions;
  for (std::size_t k = 0; k < classes; ++k) {
    const double mean = mean_of(result, parameters, {true, {}, 0, 0, std::vector{k}});
    precisions.push_back(mean > -1 ? mean : nan);
  }
  return precisions;
}

std::vector<double> image_precisions(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                     std::size_t threads) {
  check_lengths(detections, truth);
  std::vector<double> precisions(truth.size());
  parallel_for(truth.size(), threads, [&](std::size_t image) {
    precisions[image] = mean_of_present(class_precisions(detections, truth, std::array{image}, classes, 1));
  });
  return precisions;
}

double mean_of_present(std::span<const double> values) {
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? nan : sum / static_cast<double>(count);
}

}  // namespace detforge
