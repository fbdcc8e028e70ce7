#include "detforge/eval/analysis/confusion.h"

#include <fmt/format.h>

#include <algorithm>

#include "detforge/base/error.h"
#include "detforge/data/box_overlap.h"
#include "detforge/eval/table.h"
#include "detforge/kernels/nms.h"

namespace detforge {

namespace {

/// The detections that count: within a class after NMS where asked for, with enough score.
std::vector<std::size_t> candidates(const Detections& detections, std::size_t classes, const ConfusionOptions& options) {
  std::vector<std::size_t> chosen;
  for (std::size_t k = 0; k < classes; ++k) {
    std::vector<std::size_t> of_class;
    std::vector<kernels::Box> boxes;
    std::vector<float> scores;
    for (std::size_t i = 0; i < detections.size(); ++i) {
      if (detections.labels[i] != static_cast<std::int64_t>(k) || double(detections.scores[i]) < options.score_threshold) continue;
      of_class.push_back(i);
      boxes.push_back(detections.boxes_xyxy[i]);
      scores.push_back(detections.scores[i]);
    }
    if (options.nms_iou_threshold > 0) {
      for (const std::int64_t kept : kernels::nms(boxes, scores, static_cast<float>(options.nms_iou_threshold))) {
        chosen.push_back(of_class[static_cast<std::size_t>(kept)]);
      }
    } else {
      chosen.insert(chosen.end(), of_class.begin(), of_class.end());
    }
  }
  return chosen;
}

OperatingPoint point_at(const ClassPrecision& curve, std::size_t count) {
  if (count == 0) return {};
  const double precision = curve.precision[0][count - 1];
  const double recall = curve.recall[0][count - 1];
  return {curve.scores[count - 1], precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0};
}

ClassOperation operation_of(const ClassPrecision& curve, double score_threshold) {
  ClassOperation operation;
  operation.truths = curve.truths[0];
  std::size_t count = 0;
  while (count < curve.scores.size() && double(curve.scores[count]) >= score_threshold) ++count;
  operation.given = point_at(curve, count);
  operation.given.score = score_threshold;
  for (std::size_t i = 1; i <= curve.scores.size(); ++i) {
    if (i < curve.scores.size() && curve.scores[i] == curve.scores[i - 1]) continue;  // a threshold takes equal scores together
    const OperatingPoint point = point_at(curve, i);
    if (point.f1 > operation.best.f1) operation.best = point;
  }
  return operation;
}

std::string name_of(const std::vector<std::string>& names, std::size_t k, const char* beyond) {
  return k < names.size() ? names[k] : beyond;
}

}  // namespace

ConfusionMatrix confusion_matrix(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                 const ConfusionOptions& options) {
  if (detections.size() != truth.size()) {
    throw Error(fmt::format("there are results of {} images, but {} images are annotated", detections.size(), truth.size()));
  }
  const std::size_t side = classes + 1;
  ConfusionMatrix matrix{classes, std::vector<std::uint64_t>(side * side)};
  for (std::size_t image = 0; image < truth.size(); ++image) {
    const ImageTruth& there = truth[image];
    std::vector<bool> found(there.boxes.size());
    for (const std::size_t i : candidates(detections[image], classes, options)) {
      const auto label = static_cast<std::size_t>(detections[image].labels[i]);
      bool overlaps = false;
      for (std::size_t j = 0; j < there.boxes.size(); ++j) {
        const float iou = bbox_overlap(detections[image].boxes_xyxy[i], there.boxes[j]);
        if (double(iou) < options.iou_threshold) continue;
        overlaps = true;
        const auto truth_label = static_cast<std::size_t>(there.labels[j]);
        if (truth_label == label) found[j] = true;
        ++matrix.counts[truth_label * side + label];
      }
      if (!overlaps) ++matrix.counts[classes * side + label];
    }
    for (std::size_t j = 0; j < there.boxes.size(); ++j) {
      if (!found[j]) ++matrix.counts[static_cast<std::size_t>(there.labels[j]) * side + classes];
    }
  }
  return matrix;
}

std::vector<ClassOperation> operating_points(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                             const ConfusionOptions& options, std::size_t threads) {
  MapOptions map_options;
  map_options.iou_threshold = options.iou_threshold;
  const MapResult result = mean_average_precision(detections, truth, classes, map_options, threads);
  std::vector<ClassOperation> operations;
  for (const ClassPrecision& curve : result.classes) operations.push_back(operation_of(curve, options.score_threshold));
  return operations;
}

std::string confusion_text(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  const std::size_t side = matrix.classes + 1;
  std::vector<std::size_t> used_rows;
  std::vector<std::size_t> used_columns;
  for (std::size_t k = 0; k < side; ++k) {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
    for (std::size_t i = 0; i < side; ++i) {
      row += matrix.at(k, i);
      column += matrix.at(i, k);
    }
    if (row > 0) used_rows.push_back(k);
    if (column > 0) used_columns.push_back(k);
  }
  std::vector<std::vector<std::string>> rows = {{"truth \\ found"}};
  for (const std::size_t k : used_columns) rows[0].push_back(name_of(names, k, "(missed)"));
  for (const std::size_t k : used_rows) {
    rows.push_back({name_of(names, k, "(background)")});
    for (const std::size_t i : used_columns) rows.back().push_back(matrix.at(k, i) == 0 ? "" : std::to_string(matrix.at(k, i)));
  }
  return ascii_table(rows);
}

std::string operation_text(const std::vector<ClassOperation>& operations, const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> rows = {
      {"class", "gts", "precision", "recall", "F1", "best F1", "at score", "precision", "recall"}};
  const auto number = [](double value) { return fmt::format("{:.3f}", value); };
  for (std::size_t k = 0; k < operations.size(); ++k) {
    const auto& [truths, given, best] = operations[k];
    if (truths == 0) continue;
    rows.push_back({name_of(names, k, ""), std::to_string(truths), number(given.precision), number(given.recall), number(given.f1),
                    number(best.f1), number(best.score), number(best.precision), number(best.recall)});
  }
  return ascii_table(rows);
}

}  // namespace detforge
