#include "detforge/eval/analysis/error_curves.h"

namespace detforge {

namespace {

enum Curve { C75, C50, Loc, Sim, Oth, BG, FN };
enum class Forgive { Similar, All };

std::vector<double> curve_of(const PrecisionRecall& result, std::size_t t, std::size_t k) {
  std::vector<double> curve(result.recalls);
  for (std::size_t r = 0; r < result.recalls; ++r) curve[r] = result.precision[result.at(t, r, k, 0, 0)];
  return curve;
}

/// Detections of one category when ground truth of others may be found as well: it becomes a crowd to ignore.
class Forgiving {
 public:
  Forgiving(const CocoAnnotations& annotations, const CocoResults& results, MatchParameters parameters, std::size_t threads)
      : annotations_(annotations),
        results_(results),
        parameters_(std::move(parameters)),
        threads_(threads),
        truth_(annotations.truth),
        detections_(results.detections) {}

  std::vector<double> curve(std::size_t category, Forgive forgive) {
    const auto wanted = static_cast<std::int32_t>(category);
    const std::vector<CocoCategory>& categories = annotations_.categories;
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      const std::int32_t is = annotations_.truth.category[i];
      const bool is_own = is == wanted;
      const bool is_similar = is >= 0 && !categories[category].supercategory.empty() &&
                              categories[static_cast<std::size_t>(is)].supercategory == categories[category].supercategory;
      const bool takes_part = is >= 0 && (is_own || is_similar || forgive == Forgive::All);
      truth_.category[i] = takes_part ? 0 : -1;
      truth_.crowd[i] = is_own ? annotations_.truth.crowd[i] : 1;
      truth_.ignore[i] = is_own ? annotations_.truth.ignore[i] : 1;
    }
    for (std::size_t i = 0; i < detections_.size(); ++i) detections_.category[i] = results_.detections.category[i] == wanted ? 0 : -1;
    return curve_of(precision_recall(truth_, detections_, 1, parameters_, threads_), 0, 0);
  }

 private:
  const CocoAnnotations& annotations_;
  const CocoResults& results_;
  MatchParameters parameters_;
  std::size_t threads_;
  TruthColumns truth_;
  DetectionColumns detections_;
};

void add_to_mean(const ErrorCurves& curves, double weight, ErrorCurves& mean) {
  for (std::size_t c = 0; c < error_curve_count; ++c) {
    mean[c].resize(curves[c].size());
    for (std::size_t r = 0; r < curves[c].size(); ++r) mean[c][r] += weight * curves[c][r];
  }
}

}  // namespace

const std::array<std::string_view, error_curve_count>& error_curve_names() {
  static const std::array<std::string_view, error_curve_count> names = {"C75", "C50", "Loc", "Sim", "Oth", "BG", "FN"};
  return names;
}

ErrorAnalysis error_curves(const CocoAnnotations& annotations, const CocoResults& results, bool with_masks, std::size_t threads) {
  MatchParameters parameters = default_match_parameters();
  parameters.iou_thresholds = {0.75, 0.5, 0.1};
  parameters.area_ranges.resize(1);
  parameters.max_detections = {100};
  parameters.with_masks = with_masks;
  const PrecisionRecall plain = precision_recall(annotations.truth, results.detections, annotations.categories.size(), parameters, threads);
  parameters.iou_thresholds = {0.1};
  Forgiving forgiving(annotations, results, parameters, threads);

  ErrorAnalysis analysis;
  std::size_t present = 0;
  for (std::size_t k = 0; k < annotations.categories.size(); ++k) {
    ErrorCurves& curves = analysis.categories.emplace_back();
    if (plain.recall[plain.at(0, k, 0, 0)] < 0) continue;
    ++present;
    for (const Curve curve : {C75, C50, Loc}) curves[curve] = curve_of(plain, curve, k);
    curves[Sim] = forgiving.curve(k, Forgive::Similar);
    curves[Oth] = forgiving.curve(k, Forgive::All);
    for (const double precision : curves[Oth]) curves[BG].push_back(precision > 0 ? 1 : 0);
    curves[FN].assign(curves[Oth].size(), 1);
  }
  for (const ErrorCurves& curves : analysis.categories) {
    if (!curves[FN].empty()) add_to_mean(curves, 1 / static_cast<double>(present), analysis.mean);
  }
  return analysis;
}

}  // namespace detforge
