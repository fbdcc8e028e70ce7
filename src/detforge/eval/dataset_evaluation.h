#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/eval/coco/coco_summary.h"
#include "detforge/eval/results/coco_results.h"

/// What MMDetection's datasets measure of results on them: `dataset.evaluate`.
namespace detforge {

/// The keyword arguments of `dataset.evaluate`, as `evaluation=dict(…)` and `--eval-options` give them.
struct EvaluationOptions {
  std::variant<std::string, std::vector<std::string>> metric = std::vector<std::string>();  ///< none: the dataset's own
  bool classwise = false;
  std::vector<std::int64_t> proposal_nums = {100, 300, 1000};
  std::optional<std::vector<double>> iou_thrs;
  std::optional<std::variant<std::string, std::vector<std::string>>> metric_items;
  std::variant<double, std::vector<double>> iou_thr = 0.5;
  std::optional<std::vector<std::array<double, 2>>> scale_ranges;
  std::optional<std::string> jsonfile_prefix;

  static Arguments<EvaluationOptions> arguments();
};

/// The options that a config's `evaluation` gives; keys that say when to evaluate (`interval`, `save_best`, …) are passed over. Throws
/// `Error` at the place of what is wrong.
EvaluationOptions evaluation_options(const Value& evaluation);

struct EvaluationReport {
  std::string text;  ///< MMDetection's tables
  /// `bbox_mAP`, `bbox_mAP_50`, …; `AR@100`, …; `AP50`, `mAP`, …
  std::vector<NamedMetric> metrics;
  /// COCO's twelve numbers of `bbox`, `segm` and `proposal`, as pycocotools' own defaults give them (for boxes and masks 1, 10 and 100
  /// detections of an image and category, not MMDetection's `proposal_nums`).
  std::vector<std::pair<std::string, CocoStats>> stats;
};

/// `detections[i]` of image i, in its original pixels. COCO's layout (and LVIS's): `bbox`, `segm`, `proposal`, `proposal_fast`; VOC's and
/// the middle format: `mAP`, `recall`. Reads the annotation file again for COCO's rules. Throws `Error` for metrics that the dataset does
/// not know, or for masks that are not there.
EvaluationReport evaluate_dataset(const Dataset& dataset, std::span<const Detections> detections, const EvaluationOptions& options,
                                  int threads = 0);

/// The dataset, below all wrappers, that an image belongs to.
struct DatasetPlace {
  const AnnotatedDataset* dataset;
  std::size_t index;
};
/// Throws `Error` where a dataset is none of MMDetection's layouts.
DatasetPlace place_of(const Dataset& dataset, std::size_t index);

namespace dataset_evaluation {

/// One dataset by the rules of its layout; `metrics` are valid names.
EvaluationReport by_coco(const AnnotatedDataset& dataset, std::span<const Detections> detections, const std::vector<std::string>& metrics,
                         const EvaluationOptions& options, int threads);
EvaluationReport by_lvis(const AnnotatedDataset& dataset, std::span<const Detections> detections, const std::vector<std::string>& metrics,
                         const EvaluationOptions& options, int threads);
/// `parts` are datasets of one layout that are measured as one.
EvaluationReport by_mean_average_precision(std::span<const AnnotatedDataset* const> parts, std::span<const Detections> detections,
                                           const std::vector<std::string>& metrics, const EvaluationOptions& options, int threads);

/// Detections as columns for COCO's evaluation, class by class within an image as MMDetection lists them. With `one_class` labels do not
/// count.
CocoResults columns_of(const AnnotatedDataset& dataset, std::span<const Detections> detections, const CocoAnnotations& annotations,
                       bool with_masks, bool one_class);

}  // namespace dataset_evaluation

}  // namespace detforge
