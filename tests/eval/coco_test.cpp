#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "detforge/base/error.h"
#include "detforge/eval/coco/coco_evaluation.h"

/// What is wrong with a file, said with its place; the numbers are held by the reference tests.
namespace detforge {
namespace {

constexpr const char* images = R"("images": [{"id": 7, "height": 20, "width": 30}])";
constexpr const char* categories = R"("categories": [{"id": 3, "name": "cat"}])";
constexpr const char* cat = R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "area": 100, "iscrowd": 0,
                               "segmentation": [[1, 2, 11, 2, 11, 12, 1, 12]]})";
constexpr const char* found = R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "score": 0.5}])";

std::string file(const std::string& annotations) {
  return std::string("{") + images + ", " + categories + ", \"annotations\": [" + annotations + "]}";
}

CocoEvaluation evaluate(const std::string& annotations, const std::string& results, CocoType type = CocoType::Bbox) {
  CocoOptions options = default_coco_options(type);
  options.threads = 1;
  return evaluate_coco(JsonDocument::parse(annotations, "gt.json"), JsonDocument::parse(results, "dt.json"), options);
}

std::string error_of(const std::string& annotations, const std::string& results, CocoType type = CocoType::Bbox) {
  try {
    evaluate(annotations, results, type);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(CocoFiles, APerfectResultIsPerfect) {
  for (const CocoType type : {CocoType::Bbox, CocoType::Segm, CocoType::Proposal})
    EXPECT_DOUBLE_EQ(evaluate(file(cat), found, type).stats[8], 1);
  EXPECT_EQ(evaluate(file(cat), found).stats[4], -1) << "nothing is of medium size";
}

TEST(CocoFiles, NothingFoundIsZero) {
  const CocoEvaluation evaluation = evaluate(file(cat), "[]");
  EXPECT_EQ(evaluation.stats[0], 0);
  EXPECT_EQ(evaluation.stats[8], 0);
}

TEST(CocoFiles, NothingThereIsMinusOne) { EXPECT_EQ(evaluate(file(""), found).stats[0], -1); }

TEST(CocoEvaluation, WithoutCategoriesEqualScoresFollowTheOrderInWhichCategoriesAreListed) {
  const auto truth =
      JsonDocument::parse(std::string("{") + images + R"(, "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}], )" +
                              R"("annotations": [)" + cat + "]}",
                          "gt.json");
  const auto results = JsonDocument::parse(R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "score": 0.5},
                                               {"image_id": 7, "category_id": 9, "bbox": [15, 2, 5, 5], "score": 0.5}])",
                                           "dt.json");
  CocoOptions options = default_coco_options(CocoType::Proposal);
  options.category_ids = {3, 9};
  EXPECT_DOUBLE_EQ(evaluate_coco(truth, results, options).stats[0], 1);
  options.category_ids = {9, 3};
  EXPECT_DOUBLE_EQ(evaluate_coco(truth, results, options).stats[0], 0.5);
}

TEST(CocoFiles, AnnotationsOfOthersTakeNoPart) {
  const std::string stranger = R"({"id": 2, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "segmentation": 3})";
  EXPECT_DOUBLE_EQ(evaluate(file(std::string(cat) + ", " + stranger), found, CocoType::Segm).stats[0], 1);
  const std::string unknown = R"([{"image_id": 7, "category_id": 99, "bbox": [1, 2, 3, 4], "score": 1}])";
  EXPECT_EQ(evaluate(file(cat), unknown).stats[0], 0);
}

TEST(CocoFiles, MissingOrWrongFieldsAreNamed) {
  EXPECT_EQ(error_of(file(cat), R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 10], "score": 0.5}])"),
            "error: must be 4 numbers, not 3\n  --> [0].bbox\n  = note: in dt.json");
  EXPECT_EQ(error_of(file(cat), R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10]}])"),
            "error: has no 'score'\n  --> [0]\n  = note: in dt.json");
  EXPECT_EQ(error_of(file(cat), R"([{"image_id": 8, "category_id": 3, "bbox": [1, 2, 10, 10], "score": 1}])"),
            "error: the annotations have no image 8\n  --> [0].image_id\n  = note: in dt.json");
  EXPECT_EQ(error_of(file(cat), R"([{"image_id": 7, "category_id": 3, "score": 1}])"),
            "error: has neither 'bbox' nor 'segmentation'\n  --> [0]\n  = note: in dt.json");
  EXPECT_EQ(error_of(file(cat), R"({"a": 1})"), "error: must be a list, not an object\n  --> dt.json");
  EXPECT_EQ(error_of(file(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, "4"], "area": 1})"), found),
            "error: must be a number, not a text\n  --> annotations[0].bbox[3]\n  = note: in gt.json");
  EXPECT_EQ(error_of(file(std::string(cat) + ", " + cat), found),
            "error: the id 1 is that of annotations[0] already\n  --> annotations[1].id\n  = note: in gt.json");
  EXPECT_EQ(error_of(R"({"images": 3})", found), "error: must be a list, not a number\n  --> images\n  = note: in gt.json");
  EXPECT_EQ(error_of(R"({"images": [{"id": 1.5}]})", found),
            "error: must be a whole number of at most 64 bits\n  --> images[0].id\n  = note: in gt.json");
}

TEST(CocoFiles, WrongMasksAreNamed) {
  const std::string begin = R"([{"image_id": 7, "category_id": 3, "score": 1, "segmentation": )";
  const auto error = [&](const std::string& segmentation) { return error_of(file(cat), begin + segmentation + "}]", CocoType::Segm); };
  EXPECT_EQ(error(R"({"size": [20, 30], "counts": [1, 2]})"),
            "error: the counts of a mask sum to 3, not to the 600 pixels of 20 x 30\n  --> [0].segmentation\n  = note: in dt.json");
  EXPECT_EQ(error(R"({"size": [20, 30], "counts": [-1]})"),
            "error: is no length of a run\n  --> [0].segmentation.counts[0]\n  = note: in dt.json");
  EXPECT_EQ(error(R"({"size": [-20, 30], "counts": "0"})"),
            "error: is the size of no image\n  --> [0].segmentation.size\n  = note: in dt.json");
  EXPECT_EQ(error(R"([[1, 2, 3]])"), "error: a polygon has fewer than three points\n  --> [0].segmentation\n  = note: in dt.json");
  EXPECT_EQ(error("[]"), "error: has no polygon\n  --> [0].segmentation\n  = note: in dt.json");
}

TEST(CocoFiles, TruncatedTextIsRefused) {
  const std::string whole = file(cat);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_NE(error_of(whole.substr(0, size), found).find("no valid JSON"), std::string::npos) << size;
  }
}

TEST(CocoFiles, TheIdNullIsPycocotoolsUnmatched) {
  const std::string null_id = R"({"id": 0, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "area": 100})";
  EXPECT_EQ(evaluate(file(null_id), found).stats[0], 0);
}

TEST(CocoFiles, TextsAndLargeNumbersAreIds) {
  for (const auto& [image, category, id] :
       {std::tuple(R"("a/7")", R"("cat")", R"("x")"), std::tuple("18446744073709551615", "18446744073709551614", "18446744073709551613"),
        std::tuple("-7", "0", R"("5")")}) {
    const std::string of = std::string(R"("image_id": )") + image + R"(, "category_id": )" + category + R"(, "bbox": [1, 2, 10, 10])";
    const std::string truth = std::string(R"({"images": [{"id": )") + image + R"(, "height": 20, "width": 30}], "categories": [{"id": )" +
                              category + R"(, "name": "cat"}], "annotations": [{"id": )" + id + R"(, "area": 100, )" + of + "}]}";
    EXPECT_DOUBLE_EQ(evaluate(truth, "[{" + of + R"(, "score": 0.5}])").stats[0], 1) << image;
  }
}

TEST(CocoFiles, IdsOfTextsAreSortedAsTexts) {
  const auto document =
      JsonDocument::parse(R"({"images": [{"id": "b"}, {"id": "10"}, {"id": "9"}], "categories": [{"id": 18446744073709551615},
                                               {"id": 7}], "annotations": []})",
                          "gt.json");
  const CocoAnnotations annotations = read_coco_annotations(document, false);
  EXPECT_EQ(annotations.image_order, (std::vector<std::int32_t>{2, 0, 1}));
  EXPECT_EQ(annotations.category_order, (std::vector<std::int32_t>{1, 0}));
}

TEST(CocoFiles, TheTextNullIsPycocotoolsUnmatchedToo) {
  const std::string null_id = R"({"id": "0", "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "area": 100})";
  EXPECT_EQ(evaluate(file(null_id), found).stats[0], 0);
}

std::string findings_of(const std::string& annotations, bool with_masks = false) {
  return read_coco_annotations(JsonDocument::parse(annotations, "gt.json"), with_masks).findings.text();
}

TEST(CocoFiles, WhatTakesNoPartOrWasMadeUpIsFound) {
  EXPECT_EQ(findings_of(file(cat)), "");
  EXPECT_EQ(findings_of(file(R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10]})")),
            "annotations without 'area' get width × height (1): annotations[0] in gt.json\n");
  EXPECT_EQ(findings_of(file(R"({"id": 1, "image_id": "7", "category_id": 99, "bbox": [1, 2, 10, 10], "area": 1})")),
            "annotations of images that the file does not describe take no part: the id is a text, those of the file are numbers (1): "
            "annotations[0].image_id in gt.json\n"
            "annotations of categories that the file does not describe take no part (1): annotations[0].category_id in gt.json\n");
  const std::string swapped = R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "area": 1,
                                  "segmentation": {"size": [30, 20], "counts": [600]}})";
  EXPECT_EQ(findings_of(file(swapped), true), "masks do not have their image's size (1): annotations[0].segmentation in gt.json\n");
}

TEST(CocoFiles, WithoutAreaTheBoxHasIt) {
  const std::string medium = R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 40, 40]})";
  const std::string results = R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 40, 40], "score": 0.5}])";
  const CocoEvaluation evaluation = evaluate(file(medium), results);
  EXPECT_EQ(evaluation.stats[3], -1) << "nothing is small";
  EXPECT_DOUBLE_EQ(evaluation.stats[4], 1) << "1,600 px are of medium size";
}

TEST(CocoFiles, MasksArePycocotools) {
  const auto precision = [](const std::string& segmentation) {
    const std::string truth =
        R"({"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "area": 100, "segmentation": )" + segmentation + "}";
    return evaluate(file(truth), found, CocoType::Segm).stats[0];
  };
  EXPECT_DOUBLE_EQ(precision("[[1, 2, 11, 2, 11, 12, 1, 12], [3, 4, 20, 15]]"), 1) << "two points enclose nothing";
  EXPECT_DOUBLE_EQ(precision("[[], [1, 2, 11, 2, 11, 12, 1, 12]]"), 1);
  EXPECT_DOUBLE_EQ(precision("[[1, 2, 10, 10]]"), 1) << "four numbers are a box";
  EXPECT_EQ(precision("[[1, 2, 11, 12, 5]]"), 0) << "five are two points";
  const std::string counts =
      R"({"size": [20, 30], "counts": [22, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 388]})";
  EXPECT_DOUBLE_EQ(precision("[" + counts + "]"), 1) << "a list of RLEs";
  EXPECT_DOUBLE_EQ(precision("[" + counts + R"(, {"size": [20, 30], "counts": [600]}])"), 1) << "which are joined";
}

TEST(CocoMetrics, NumbersOfDetectionsStandBesideTheirNames) {
  CocoOptions options = default_coco_options(CocoType::Bbox);
  options.parameters.max_detections = {100, 10, 1};
  options.threads = 1;
  const auto truth = JsonDocument::parse(file(cat), "gt.json");
  const auto results = JsonDocument::parse(found, "dt.json");
  const CocoEvaluation evaluation = evaluate_coco(truth, results, options);
  const std::string text = summary_text(evaluation.stats, options.parameters);
  for (const char* line :
       {"area=   all | maxDets=  1 ] = 1.000\n Average Recall", "area=   all | maxDets= 10 ]", "area= small | maxDets=100 ]"}) {
    EXPECT_NE(text.find(line), std::string::npos) << text;
  }
}

TEST(CocoFiles, EqualScoresKeepTheirOrder) {
  const std::string right = R"({"image_id": 7, "category_id": 3, "bbox": [1, 2, 10, 10], "score": 0.5})";
  const std::string wrong = R"({"image_id": 7, "category_id": 3, "bbox": [15, 2, 5, 5], "score": 0.5})";
  EXPECT_DOUBLE_EQ(evaluate(file(cat), "[" + right + "," + wrong + "]").stats[1], 1);
  EXPECT_DOUBLE_EQ(evaluate(file(cat), "[" + wrong + "," + right + "]").stats[1], 0.5);
}

TEST(CocoMetrics, ItemsHaveMmdetectionsNames) {
  CocoStats stats{};
  stats[0] = 0.12345;
  stats[8] = 0.5;
  EXPECT_EQ(mmdet_metrics(stats, "bbox", {}).front(), (NamedMetric{"bbox_mAP", 0.123}));
  EXPECT_EQ(mmdet_metrics(stats, "bbox", {}).size(), 6U);
  EXPECT_EQ(mmdet_metrics(stats, "", {}).front().first, "AR@100");
  EXPECT_EQ(mmdet_metrics(stats, "", {"AR@1000"}), (std::vector<NamedMetric>{{"AR@1000", 0.5}}));
  try {
    mmdet_metrics(stats, "bbox", {"mAP_5O"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "metric item 'mAP_5O' is not supported; did you mean 'mAP_50'?");
  }
}

}  // namespace
}  // namespace detforge
