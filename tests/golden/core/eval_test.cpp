#include <gtest/gtest.h>

#include <cmath>

#include "detforge/eval/analysis/error_curves.h"
#include "detforge/eval/coco/coco_evaluation.h"
#include "detforge/eval/numpy_mean.h"
#include "tests/support/golden.h"
#include "tests/support/sha1.h"

/// COCO evaluation against pycocotools: every number to the last bit.
namespace detforge::golden {
namespace {

std::string sha1(const std::vector<double>& values) { return sha1_of(values.data(), values.size() * sizeof(double)); }

CocoOptions options_of(const Json& record) {
  CocoOptions options;
  const bool with_categories = record["params"].value("useCats", 1) != 0;
  options.type = record["iouType"] == "segm" ? CocoType::Segm : CocoType::Bbox;
  options.parameters.with_categories = with_categories;
  for (const auto& [key, value] : record["params"].items()) {
    if (key == "maxDets") options.parameters.max_detections = value.get<std::vector<std::size_t>>();
    if (key == "iouThrs") options.parameters.iou_thresholds = value.get<std::vector<double>>();
    if (key != "imgIds" && key != "catIds") continue;
    const auto ids = value.get<std::vector<std::int64_t>>();
    (key == "imgIds" ? options.image_ids : options.category_ids).assign(ids.begin(), ids.end());
  }
  return options;
}

void expect_means(const Json& wanted, const std::vector<CategoryMetrics>& metrics, double CategoryMetrics::*member) {
  ASSERT_EQ(metrics.size(), wanted.size());
  for (std::size_t k = 0; k < metrics.size(); ++k) {
    const double mean = metrics[k].*member;
    const bool is_absent = wanted[k].is_null() || wanted[k] == -1.0;
    EXPECT_TRUE(is_absent ? std::isnan(mean) : mean == wanted[k].get<double>())
        << "category " << k << ": " << mean << ", not " << wanted[k];
  }
}

void check_coco(const Json& record, int threads) {
  CocoOptions options = options_of(record);
  options.threads = threads;
  const CocoEvaluation evaluation =
      evaluate_coco(JsonDocument::parse(record["gt"].dump(), "annotations"), JsonDocument::parse(record["dt"].dump(), "results"), options);
  const PrecisionRecall& result = evaluation.result;
  EXPECT_EQ((std::vector<std::size_t>{result.thresholds, result.recalls, result.categories, result.areas, result.max_dets}),
            record["eval_shape"].get<std::vector<std::size_t>>());
  for (std::size_t i = 0; i < evaluation.stats.size(); ++i)
    EXPECT_EQ(evaluation.stats[i], record["stats"][i].get<double>()) << "number " << i;
  EXPECT_EQ(sha1(result.precision), record["eval_precision_sha1"]);
  EXPECT_EQ(sha1(result.recall), record["eval_recall_sha1"]);
  EXPECT_EQ(sha1(result.score), record["eval_scores_sha1"]);
  expect_means(record["precision_mean_per_category"], evaluation.per_category, &CategoryMetrics::precision);
  expect_means(record["recall_mean_per_category"], evaluation.per_category, &CategoryMetrics::recall);
}

void check_real_detections() {
  const auto file = golden_dir() / "yolox_nano_coco_tiny_val.bbox.json.gz";
  const auto annotations = data_dir() / "coco_tiny" / "annotations" / "instances_val2017.json";
  if (!std::filesystem::exists(file) || !std::filesystem::exists(annotations)) GTEST_SKIP() << "no photos or no detections";
  const CocoEvaluation evaluation = evaluate_coco(JsonDocument::read(annotations), JsonDocument::parse(read_text(file), "results"), {});
  const Json wanted = read_json(golden_dir() / "yolox_nano_coco_tiny_val.stats.json");
  for (std::size_t i = 0; i < evaluation.stats.size(); ++i)
    EXPECT_EQ(evaluation.stats[i], wanted["stats"][i].get<double>()) << "number " << i;
}

/// COCO's error curves begin with AP75 and AP50, and only ever grow.
void check_error_curves() {
  const auto file = golden_dir() / "yolox_nano_coco_tiny_val.bbox.json.gz";
  const auto annotations = data_dir() / "coco_tiny" / "annotations" / "instances_val2017.json";
  if (!std::filesystem::exists(file) || !std::filesystem::exists(annotations)) GTEST_SKIP() << "no photos or no detections";
  const CocoAnnotations truth = read_coco_annotations(JsonDocument::read(annotations), false);
  const CocoResults results = read_coco_results(JsonDocument::parse(read_text(file), "results"), truth, false);
  const ErrorAnalysis analysis = error_curves(truth, results, false, 2);
  const Json stats = read_json(golden_dir() / "yolox_nano_coco_tiny_val.stats.json")["stats"];
  const auto area = [&](std::size_t c) { return numpy_mean(std::span<const double>(analysis.mean[c])); };
  EXPECT_NEAR(area(0), stats[2].get<double>(), 1e-12);
  EXPECT_NEAR(area(1), stats[1].get<double>(), 1e-12);
  for (std::size_t c = 1; c < error_curve_count; ++c) EXPECT_GE(area(c), area(c - 1)) << error_curve_names()[c];
}

const SuiteMaker maker([] {
  const auto cases = golden_dir() / "eval" / "coco_cases.json.gz";
  if (std::filesystem::exists(cases)) {
    for (const Json& record : read_json(cases)) {
      const std::string name = record["name"];
      add_case("Eval", name + "_one_thread", [record] { check_coco(record, 1); });
      add_case("Eval", name + "_three_threads", [record] { check_coco(record, 3); });
    }
  }
  add_case("Eval", "yolox_nano_coco_tiny_stats", check_real_detections);
  add_case("Eval", "yolox_nano_coco_tiny_error_curves", check_error_curves);
});

}  // namespace
}  // namespace detforge::golden
