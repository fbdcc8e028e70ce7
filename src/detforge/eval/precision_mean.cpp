#include "detforge/eval/precision_mean.h"

#include <numeric>

#include "detforge/eval/numpy_mean.h"

namespace detforge {

double mean_of(const PrecisionRecall& result, const MatchParameters& parameters, const PrecisionSelection& selection) {
  std::vector<std::size_t> categories(result.categories);
  std::iota(categories.begin(), categories.end(), std::size_t{0});
  if (selection.categories) categories = *selection.categories;
  std::vector<double> values;
  for (std::size_t t = 0; t < result.thresholds; ++t) {
    if (selection.iou && parameters.iou_thresholds[t] != *selection.iou) continue;
    for (std::size_t r = 0; r < (selection.is_precision ? result.recalls : 1); ++r) {
      for (const std::size_t k : categories) {
        const double value = selection.is_precision ? result.precision[result.at(t, r, k, selection.area, selection.max_detections)]
                                                    : result.recall[result.at(t, k, selection.area, selection.max_detections)];
        if (value > -1) values.push_back(value);
      }
    }
  }
  return values.empty() ? -1 : numpy_mean(std::span<const double>(values));
}

}  // namespace detforge
