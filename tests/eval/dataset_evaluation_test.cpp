#include "detforge/eval/dataset_evaluation.h"

#include <gtest/gtest.h>

#include "detforge/base/files.h"
#include "detforge/config/config.h"
#include "detforge/eval/coco/coco_evaluation.h"
#include "detforge/eval/results/mmdet_results.h"
#include "detforge/eval/results/result_files.h"
#include "detforge/eval/voc/mean_average_precision.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

constexpr const char* kCoco = R"({
  "images": [{"id": 7, "file_name": "a.jpg", "height": 50, "width": 60}, {"id": 5, "file_name": "b.jpg", "height": 80, "width": 40}],
  "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}],
  "annotations": [
    {"id": 1, "image_id": 7, "category_id": 3, "area": 200, "iscrowd": 0, "bbox": [1, 2, 10, 20], "segmentation": [[1, 2, 11, 2, 11, 22, 1, 22]]},
    {"id": 2, "image_id": 5, "category_id": 9, "area": 900, "iscrowd": 0, "bbox": [5, 5, 30, 30], "segmentation": [[5, 5, 35, 5, 35, 35, 5, 35]]},
    {"id": 3, "image_id": 5, "category_id": 3, "area": 25, "iscrowd": 1, "bbox": [0, 70, 5, 5], "segmentation": {"size": [80, 40], "counts": [70, 5, 3125]}}]})";

std::string voc_xml(const std::string& objects) {
  return "<annotation><size><width>60</width><height>50</height></size>" + objects + "</annotation>";
}

std::string voc_object(const std::string& name, const std::string& box, int difficult = 0) {
  return "<object><name>" + name + "</name><difficult>" + std::to_string(difficult) + "</difficult><bndbox>" + box + "</bndbox></object>";
}

const Folder& folder() {
  static const Folder all(
      {{"coco.json", kCoco},
       {"VOC2012/ImageSets/Main/test.txt", "x\ny\n"},
       {"VOC2012/Annotations/x.xml", voc_xml(voc_object("cat", "<xmin>2</xmin><ymin>3</ymin><xmax>21</xmax><ymax>42</ymax>") +
                                             voc_object("dog", "<xmin>30</xmin><ymin>3</ymin><xmax>51</xmax><ymax>42</ymax>", 1))},
       {"VOC2012/Annotations/y.xml", voc_xml(voc_object("cat", "<xmin>11</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax>"))}});
  return all;
}

std::shared_ptr<Dataset> dataset_of(const std::string& text) {
  const Config config = Config::from_text("d = " + text, ".py");
  return build_dataset(config["d"], {Reference::V2_8, "d"}, Value::dict({{"test_mode", true}}));
}

std::string coco_config() {
  return "dict(type='CocoDataset', ann_file='" + (folder() / "coco.json").string() + "', classes=['cat', 'dog'], pipeline=[])";
}
std::string voc_config() {
  const std::string root = folder().path().string();
  return "dict(type='VOCDataset', ann_file='" + root + "/VOC2012/ImageSets/Main/test.txt', img_prefix='" + root +
         "/VOC2012/', classes=['cat', 'dog'], pipeline=[])";
}

EvaluationOptions options_of(const std::string& text) {
  return evaluation_options(Config::from_text("e = dict(" + text + ")", ".py")["e"]);
}

/// In the order of the dataset's images; labels are not sorted.
std::vector<Detections> found() {
  Detections a = {{{20, 20, 40, 40}, {1, 2, 11, 22}, {1, 2, 12, 20}}, {0.9F, 0.8F, 0.75F}, {1, 0, 0}};
  Detections b = {{{5, 5, 33, 36}}, {0.6F}, {1}};
  for (Detections* image : {&a, &b}) {
    const ImageSize size = image == &a ? ImageSize{50, 60} : ImageSize{80, 40};
    for (const auto& [x1, y1, x2, y2] : image->boxes_xyxy) {
      image->masks.push_back(rle_of(Polygons{{x1, y1, x2, y1, x2, y2, x1, y2}}, size));
    }
  }
  return {a, b};
}

double metric(const EvaluationReport& report, const std::string& name) {
  for (const auto& [key, value] : report.metrics) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "there is no metric " << name;
  return -1;
}

std::string error_of(const Dataset& dataset, const std::vector<Detections>& detections, const std::string& options) {
  try {
    evaluate_dataset(dataset, detections, options_of(options));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(DatasetEvaluation, OfCocosLayoutIsThatOfItsResultsFile) {
  const auto dataset = dataset_of(coco_config());
  const CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(folder() / "coco.json"), true);
  for (const char* type : {"bbox", "segm"}) {
    const bool with_masks = std::string(type) == "segm";
    const std::string text = results_json(*dataset, found(), ResultColumns::All);
    const CocoResults results = read_coco_results(JsonDocument::parse(text, "results"), annotations, with_masks);
    CocoOptions coco = default_coco_options(with_masks ? CocoType::Segm : CocoType::Bbox);
    coco.parameters.max_detections = {100, 300, 1000};
    const auto wanted = mmdet_metrics(evaluate_coco(annotations, results, coco).stats, type, {});
    const EvaluationReport report = evaluate_dataset(*dataset, found(), options_of(std::string("metric='") + type + "', classwise=True"));
    EXPECT_EQ(report.metrics, wanted);
    EXPECT_GT(metric(report, std::string(type) + "_mAP"), 0.5);
    EXPECT_NE(report.text.find("Average Precision"), std::string::npos);
    EXPECT_NE(report.text.find("| cat "), std::string::npos) << report.text;
  }
}

TEST(DatasetEvaluation, OfProposalsForgetsClasses) {
  const auto dataset = dataset_of(coco_config());
  std::vector<Detections> proposals = found();
  for (Detections& image : proposals) image.labels.assign(image.size(), 0);
  const EvaluationReport report = evaluate_dataset(*dataset, proposals, options_of("metric=['proposal', 'proposal_fast']"));
  EXPECT_GT(metric(report, "AR@100"), 0.8);
  EXPECT_EQ(metric(report, "AR_m@1000"), -1);
}

TEST(DatasetEvaluation, OfProposalsCountsTheDatasetsClassesAlone) {
  const auto dataset =
      dataset_of("dict(type='CocoDataset', ann_file='" + (folder() / "coco.json").string() + "', classes=['dog'], pipeline=[])");
  std::vector<Detections> proposals(2);
  proposals[1] = {{{5, 5, 35, 35}}, {0.5F}, {0}};
  EXPECT_EQ(metric(evaluate_dataset(*dataset, proposals, options_of("metric='proposal'")), "AR@100"), 1) << "the cat counts as missed";
}

TEST(DatasetEvaluation, TakesTheDatasetsOwnMetricAndPassesOverTheSchedule) {
  const auto dataset = dataset_of(coco_config());
  // Every cat is found; of the dogs the one that is there comes second.
  EXPECT_NEAR(metric(evaluate_dataset(*dataset, found(), options_of("interval=1, save_best='auto'")), "bbox_mAP_50"), (1 + 0.5) / 2, 1e-3);
  const EvaluationReport items = evaluate_dataset(*dataset, found(), options_of("metric='bbox', metric_items=['AR_l@1000']"));
  EXPECT_EQ(items.metrics.size(), 1U);
}

TEST(DatasetEvaluation, OfVocCountsBothEndsOfABoxAndLeavesOutDifficultOnes) {
  const auto dataset = dataset_of(voc_config());
  Detections x = {{{1, 2, 20, 41}, {29, 2, 50, 41}}, {0.9F, 0.8F}, {0, 1}};
  Detections y = {{{10, 10, 39, 19}, {0, 0, 5, 5}}, {0.7F, 0.95F}, {0, 0}};
  // 'cat': a wrong one first, then a right one of two; the half box has an IoU of exactly 0.5. 'dog' has only a difficult one.
  const EvaluationReport report = evaluate_dataset(*dataset, std::vector{x, y}, options_of("metric='mAP', iou_thr=[0.5, 0.75]"));
  EXPECT_NEAR(metric(report, "AP50"), (1.0 / 2 * 2 / 3 + 1.0 / 2 * 2 / 3), 1e-6);
  EXPECT_NEAR(metric(report, "AP75"), 1.0 / 2 * 1 / 2, 1e-6);
  EXPECT_NEAR(metric(report, "mAP"), (metric(report, "AP50") + metric(report, "AP75")) / 2, 1e-9);
  EXPECT_NE(report.text.find("iou_thr: 0.75"), std::string::npos);
  const EvaluationReport recall = evaluate_dataset(*dataset, std::vector{x, y}, options_of("metric='recall', iou_thr=[0.5, 0.75]"));
  EXPECT_EQ(metric(recall, "recall@100@0.5"), 1);
  EXPECT_EQ(metric(recall, "recall@100@0.75"), 0.5);
}

TEST(DatasetEvaluation, OfSeveralDatasetsNumbersTheirMetrics) {
  const auto dataset = dataset_of("[" + coco_config() + ", " + coco_config() + "]");
  std::vector<Detections> detections = found();
  detections.resize(4);
  const EvaluationReport report = evaluate_dataset(*dataset, detections, options_of("metric='bbox'"));
  EXPECT_GT(metric(report, "0_bbox_mAP"), 0.5);
  EXPECT_EQ(metric(report, "1_bbox_mAP"), 0);
}

TEST(DatasetEvaluation, SaysWhatItCanNotMeasure) {
  const auto coco = dataset_of(coco_config());
  const auto voc = dataset_of(voc_config());
  std::vector<Detections> without_masks = found();
  for (Detections& image : without_masks) image.masks.clear();
  EXPECT_EQ(error_of(*coco, found(), "metric='bboxes'"), "the dataset is not measured by 'bboxes'; did you mean 'bbox'?");
  EXPECT_EQ(error_of(*voc, found(), "metric='bbox'"), "the dataset is not measured by 'bbox'");
  EXPECT_EQ(error_of(*coco, without_masks, "metric='segm'"), "segm needs masks, and the results have none");
  EXPECT_EQ(error_of(*coco, {}, "metric='bbox'"), "there are results of 0 images, the dataset has 2");
  std::vector<Detections> strange = found();
  strange[0].labels[0] = 2;
  EXPECT_EQ(error_of(*coco, strange, "metric='bbox'"), "the model finds class 2, the dataset has 2");
  EXPECT_EQ(error_of(*coco, found(), "claswise=True"), "evaluate has no argument 'claswise'; did you mean 'classwise'?");
}

TEST(ResultFiles, AreThoseOfMmdetectionsFormatResults) {
  const auto dataset = dataset_of(coco_config());
  std::vector<Detections> detections = found();
  detections[0].mask_scores = {0.1F, 0.2F, 0.3F};
  const auto files = format_results(*dataset, detections, (folder() / "r").string(), false);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1], folder() / "r.segm.json");
  const CocoAnnotations annotations = read_coco_annotations(JsonDocument::read(folder() / "coco.json"), true);
  const CocoResults boxes = read_coco_results(JsonDocument::read(files[0]), annotations, false);
  const CocoResults masks = read_coco_results(JsonDocument::read(files[1]), annotations, true);
  // Class by class: the cat's two come before the dog's.
  EXPECT_EQ(boxes.detections.score, (std::vector<double>{0.8F, 0.75F, 0.9F, 0.6F}));
  EXPECT_EQ(masks.detections.score, (std::vector<double>{0.2F, 0.3F, 0.1F, 0.6F}));
  EXPECT_EQ(masks.detections.mask[2], detections[0].masks[0]);
  EXPECT_EQ(format_results(*dataset, detections, (folder() / "r").string(), true)[0], folder() / "r.proposal.json");
  const std::string voc = results_json(*dataset_of(voc_config()), detections);
  EXPECT_NE(voc.find(R"("file_name":"JPEGImages/x.jpg")"), std::string::npos) << voc;
  EXPECT_EQ(results_json(*dataset, std::vector<Detections>(2)), "[]\n");
}

TEST(ResultFiles, PicklesReadBackAsMmdetectionsResults) {
  std::vector<Detections> detections = found();
  const auto parse = [](const std::string& pickle) { return parse_mmdet_results(std::as_bytes(std::span(pickle)), "results.pkl"); };
  const MmdetResults results = parse(results_pickle(detections, 3, false));
  EXPECT_EQ(results.classes, 3U);
  ASSERT_EQ(results.images.size(), 2U);
  EXPECT_EQ(results.images[0].detections.labels, (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(results.images[0].detections.scores, (std::vector<float>{0.8F, 0.75F, 0.9F}));
  EXPECT_EQ(results.images[0].detections.boxes_xyxy[2], detections[0].boxes_xyxy[0]);
  EXPECT_EQ(results.images[0].masks[2], detections[0].masks[0]);
  for (Detections& image : detections) image.masks.clear();
  EXPECT_TRUE(parse(results_pickle(detections, 2, false)).images[1].masks.empty());
  const MmdetResults proposals = parse(results_pickle(detections, 1, true));
  EXPECT_EQ(proposals.images[0].detections.size(), 3U);
}

}  // namespace
}  // namespace detforge
