#include <gtest/gtest.h>

#include <cmath>

#include "detforge/base/error.h"
#include "detforge/eval/analysis/compare.h"
#include "detforge/eval/analysis/confusion.h"
#include "detforge/eval/analysis/error_curves.h"
#include "detforge/eval/analysis/error_types.h"

/// Analyses on scenes small enough to count by hand.
namespace detforge {
namespace {

constexpr BoxXyxy here = {0, 0, 10, 10};
constexpr BoxXyxy there = {100, 100, 110, 110};
constexpr BoxXyxy beside_here = {6, 0, 16, 10};  // overlaps `here` by 4 / 16
constexpr BoxXyxy nowhere = {500, 500, 510, 510};

void add(Detections& detections, const BoxXyxy& box, std::int64_t label, float score) {
  detections.boxes_xyxy.push_back(box);
  detections.labels.push_back(label);
  detections.scores.push_back(score);
}

/// A cat (class 0) here and a dog (class 1) there.
std::vector<ImageTruth> cat_and_dog() {
  ImageTruth truth;
  truth.boxes = {here, there};
  truth.labels = {0, 1};
  return {truth};
}

TEST(Confusion, CountsFoundMistakenMissedAndImagined) {
  std::vector<Detections> detections(1);
  add(detections[0], here, 0, 0.9F);
  add(detections[0], there, 0, 0.8F);
  add(detections[0], nowhere, 1, 0.7F);
  add(detections[0], there, 1, 0.1F);
  const ConfusionMatrix matrix = confusion_matrix(detections, cat_and_dog(), 2, {});
  EXPECT_EQ(matrix.counts, (std::vector<std::uint64_t>{1, 0, 0, /*dog:*/ 1, 0, 1, /*background:*/ 0, 1, 0}));
  EXPECT_EQ(confusion_matrix(detections, cat_and_dog(), 2, {0.05, 0.5, 0}).at(1, 1), 1U);
}

TEST(Confusion, NmsTakesOutDoubles) {
  std::vector<Detections> detections(1);
  add(detections[0], here, 0, 0.9F);
  add(detections[0], here, 0, 0.8F);
  EXPECT_EQ(confusion_matrix(detections, cat_and_dog(), 2, {0.3, 0.5, 0}).at(0, 0), 2U);
  EXPECT_EQ(confusion_matrix(detections, cat_and_dog(), 2, {0.3, 0.5, 0.5}).at(0, 0), 1U);
}

TEST(Confusion, BestThresholdHasTheHighestF1) {
  std::vector<Detections> detections(1);
  add(detections[0], here, 0, 0.75F);
  add(detections[0], nowhere, 0, 0.5F);
  add(detections[0], nowhere, 0, 0.25F);
  const auto operations = operating_points(detections, cat_and_dog(), 2, {0.3, 0.5, 0}, 1);
  EXPECT_EQ(operations[0].best.score, 0.75);
  EXPECT_EQ(operations[0].best.f1, 1);
  EXPECT_EQ(operations[0].given.precision, 0.5);
  EXPECT_EQ(operations[0].given.recall, 1);
  EXPECT_EQ(operations[1].best.f1, 0);
}

TEST(Confusion, EqualScoresFallTogether) {
  std::vector<Detections> detections(1);
  add(detections[0], here, 0, 0.5F);
  add(detections[0], nowhere, 0, 0.5F);
  EXPECT_EQ(operating_points(detections, cat_and_dog(), 2, {}, 1)[0].best.precision, 0.5);
}

struct Mistake {
  DetectionError error;
  BoxXyxy box;
  std::int64_t label;
};

TEST(ErrorTypes, EachMistakeHasItsType) {
  const std::vector<Mistake> mistakes = {{DetectionError::Class, there, 0},
                                         {DetectionError::Location, beside_here, 0},
                                         {DetectionError::Both, beside_here, 1},
                                         {DetectionError::Duplicate, here, 0},
                                         {DetectionError::Background, nowhere, 0}};
  for (const Mistake& mistake : mistakes) {
    std::vector<Detections> detections(1);
    if (mistake.error == DetectionError::Duplicate) add(detections[0], here, 0, 0.9F);
    add(detections[0], mistake.box, mistake.label, 0.5F);
    const ErrorTypes types = error_types(detections, cat_and_dog(), 2);
    for (std::size_t e = 0; e + 1 < detection_errors; ++e) {
      EXPECT_EQ(types.count[e], e == static_cast<std::size_t>(mistake.error) ? 1U : 0U) << detection_error_names()[e];
    }
  }
}

TEST(ErrorTypes, GainsAreThoseOfTheRepair) {
  std::vector<Detections> detections(1);
  add(detections[0], nowhere, 0, 0.9F);
  add(detections[0], here, 0, 0.8F);
  add(detections[0], there, 0, 0.1F);
  const ErrorTypes types = error_types(detections, cat_and_dog(), 2);
  EXPECT_DOUBLE_EQ(types.precision, 0.25);                                                   // cat 1 / 2, dog 0
  EXPECT_DOUBLE_EQ(types.gain[static_cast<std::size_t>(DetectionError::Background)], 0.25);  // cat 1
  EXPECT_DOUBLE_EQ(types.gain[static_cast<std::size_t>(DetectionError::Class)], 0.5);        // dog 1
  EXPECT_DOUBLE_EQ(types.gain[static_cast<std::size_t>(DetectionError::Missed)], 0);         // the dog was near
  EXPECT_DOUBLE_EQ(types.gain_without_false_positives, 0.25);
}

TEST(ErrorTypes, DetectionsOfCrowdsAreNoMistakes) {
  std::vector<ImageTruth> truth = cat_and_dog();
  truth[0].ignored_boxes = {{480, 480, 600, 600}};
  truth[0].ignored_labels = {0};
  std::vector<Detections> detections(1);
  add(detections[0], nowhere, 0, 0.9F);
  EXPECT_EQ(error_types(detections, truth, 2).count[static_cast<std::size_t>(DetectionError::Background)], 0U);
}

TEST(ErrorCurves, ForgiveOneKindAfterTheOther) {
  const auto truth = JsonDocument::parse(
      R"({"images": [{"id": 1}], "categories": [{"id": 1, "name": "cat", "supercategory": "animal"}, {"id": 2, "name": "dog", "supercategory": "animal"},
                                                {"id": 3, "name": "cup", "supercategory": "thing"}],
          "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 10, 10], "area": 100},
                          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 0, 10, 10], "area": 100},
                          {"id": 3, "image_id": 1, "category_id": 3, "bbox": [90, 0, 10, 10], "area": 100}]})",
      "gt.json");
  const auto found = JsonDocument::parse(
      R"([{"image_id": 1, "category_id": 1, "bbox": [200, 200, 10, 10], "score": 0.9}, {"image_id": 1, "category_id": 1, "bbox": [90, 0, 10, 10], "score": 0.8},
          {"image_id": 1, "category_id": 1, "bbox": [50, 0, 10, 10], "score": 0.7}, {"image_id": 1, "category_id": 1, "bbox": [3, 0, 10, 10], "score": 0.6}])",
      "dt.json");
  const CocoAnnotations annotations = read_coco_annotations(truth, false);
  const ErrorAnalysis analysis = error_curves(annotations, read_coco_results(found, annotations, false), false, 1);
  const ErrorCurves& cat = analysis.categories[0];
  const std::array<double, error_curve_count> at_half = {0, 0.25, 0.25, 1.0 / 3, 0.5, 1, 1};
  for (std::size_t c = 0; c < error_curve_count; ++c) EXPECT_NEAR(cat[c][50], at_half[c], 1e-12) << error_curve_names()[c];
  EXPECT_NEAR(analysis.mean[5][50], 1.0 / 3, 1e-12);
}

TEST(Compare, TheSameResultsDoNotDiffer) {
  std::vector<Detections> detections(1);
  add(detections[0], here, 0, 0.9F);
  const Comparison comparison = compare_results(detections, detections, cat_and_dog(), 2, 20, 0, 2);
  EXPECT_DOUBLE_EQ(comparison.first, 0.5);
  EXPECT_EQ(comparison.difference.low, 0);
  EXPECT_EQ(comparison.difference.high, 0);
}

TEST(Compare, TheIntervalHoldsTheDifferenceAndDoesNotDependOnThreads) {
  std::vector<ImageTruth> truth;
  std::vector<Detections> first;
  std::vector<Detections> second;
  for (int i = 0; i < 12; ++i) {
    truth.push_back(cat_and_dog()[0]);
    add(first.emplace_back(), i % 3 == 0 ? nowhere : here, 0, 0.9F);
    add(second.emplace_back(), i % 4 == 0 ? nowhere : here, 0, 0.9F);
    add(second.back(), there, 1, 0.5F);
  }
  const Comparison one = compare_results(first, second, truth, 2, 40, 7, 1);
  const Comparison three = compare_results(first, second, truth, 2, 40, 7, 3);
  EXPECT_EQ(one.difference.low, three.difference.low);
  EXPECT_EQ(one.difference.high, three.difference.high);
  EXPECT_LE(one.difference.low, one.second - one.first);
  EXPECT_GE(one.difference.high, one.second - one.first);
  EXPECT_GT(one.difference.low, 0);
  EXPECT_DOUBLE_EQ(one.first_images[0], 0);
  EXPECT_DOUBLE_EQ(one.second_images[1], 1);
}

TEST(Columns, ImagesWithoutGroundTruthHaveNoNumber) {
  const std::vector<Detections> detections(1);
  EXPECT_TRUE(std::isnan(image_precisions(detections, std::vector<ImageTruth>(1), 2, 1)[0]));
  EXPECT_THROW(image_precisions(detections, {}, 2, 1), Error);
}

}  // namespace
}  // namespace detforge
