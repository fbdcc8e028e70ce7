#include <gtest/gtest.h>

#include "detforge/eval/voc/mean_average_precision.h"
#include "tests/support/golden.h"

/// VOC's, ImageNet's and OpenImages' mean average precision and the recall of proposals, against mmdet's.
namespace detforge::golden {
namespace {

template <class T>
std::vector<T> flat(const Json& json) {
  std::vector<T> values;
  for (const Json& value : json) {
    if (value.is_array()) {
      const auto inner = flat<T>(value);
      values.insert(values.end(), inner.begin(), inner.end());
    } else {
      values.push_back(value.get<T>());
    }
  }
  return values;
}

BoxXyxy box_of(const Json& row) { return {row[0].get<float>(), row[1].get<float>(), row[2].get<float>(), row[3].get<float>()}; }

ImageTruth truth_of(const Json& annotation) {
  ImageTruth truth;
  for (const Json& row : annotation["bboxes"]) truth.boxes.push_back(box_of(row));
  truth.labels = annotation["labels"].get<std::vector<std::int64_t>>();
  for (const Json& row : annotation.value("bboxes_ignore", Json::array())) truth.ignored_boxes.push_back(box_of(row));
  truth.ignored_labels = annotation.value("labels_ignore", Json::array()).get<std::vector<std::int64_t>>();
  for (const Json& is_group : annotation.value("gt_is_group_ofs", Json::array())) {
    truth.is_group.push_back(is_group.is_boolean() ? is_group.get<bool>() : is_group.get<int>() != 0);
  }
  return truth;
}

void add_rows(const Json& rows, std::int64_t label, Detections& detections) {
  for (const Json& row : rows) {
    detections.boxes_xyxy.push_back(box_of(row));
    detections.scores.push_back(row.size() > 4 ? row[4].get<float>() : 0);
    detections.labels.push_back(label);
  }
}

MapOptions options_of(const Json& args) {
  MapOptions options;
  const std::string dataset = args.value("dataset", "");
  if (dataset == "det" || dataset == "vid") options.rule = MapRule::ImageNet;
  if (args.value("use_group_of", false)) options.rule = MapRule::OpenImages;
  options.eleven_points = dataset == "voc07";
  options.iou_threshold = args.value("iou_thr", 0.5);
  options.legacy_coordinates = args.value("use_legacy_coordinate", false);
  for (const Json& range : args.value("scale_ranges", Json::array())) {
    options.scale_ranges.push_back({range[0].get<double>(), range[1].get<double>()});
  }
  return options;
}

template <class T>
std::vector<T> joined(const std::vector<std::vector<T>>& rows) {
  std::vector<T> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

template <class T>
std::vector<T> one_or_more(const Json& json) {
  return json.is_array() ? json.get<std::vector<T>>() : std::vector<T>{json.get<T>()};
}

void check_map(const Json& record) {
  std::vector<Detections> detections;
  std::vector<ImageTruth> truth;
  for (const Json& image : record["dets"]) {
    Detections& one = detections.emplace_back();
    for (std::size_t k = 0; k < image.size(); ++k) add_rows(image[k], static_cast<std::int64_t>(k), one);
  }
  for (const Json& annotation : record["annotations"]) truth.push_back(truth_of(annotation));
  const Json& classes = record["classes"];
  const MapResult result = mean_average_precision(detections, truth, classes.size(), options_of(record["args"]), 2);
  EXPECT_EQ(result.mean, one_or_more<float>(record["mean_ap"]));
  for (std::size_t k = 0; k < classes.size(); ++k) {
    EXPECT_EQ(result.classes[k].truths, one_or_more<std::size_t>(classes[k]["num_gts"])) << "class " << k;
    EXPECT_EQ(result.classes[k].detections, classes[k]["num_dets"].get<std::size_t>()) << "class " << k;
    EXPECT_EQ(joined(result.classes[k].recall), flat<double>(classes[k]["recall"])) << "class " << k;
    const std::vector<double> precision = joined(result.classes[k].precision);
    EXPECT_EQ(std::vector<float>(precision.begin(), precision.end()), flat<float>(classes[k]["precision"])) << "class " << k;
    EXPECT_EQ(result.classes[k].average_precision, one_or_more<float>(classes[k]["ap"])) << "class " << k;
  }
}

void check_recalls(const Json& record) {
  std::vector<std::vector<BoxXyxy>> truth;
  std::vector<Detections> proposals;
  for (const Json& rows : record["gts"]) {
    auto& boxes = truth.emplace_back();
    for (const Json& row : rows) boxes.push_back(box_of(row));
  }
  for (const Json& rows : record["proposals"]) add_rows(rows, 0, proposals.emplace_back());
  const auto recalls = proposal_recalls(truth, proposals, record["proposal_nums"].get<std::vector<std::size_t>>(),
                                        record["iou_thrs"].get<std::vector<double>>(), record["use_legacy_coordinate"].get<bool>());
  EXPECT_EQ(recalls, record["recalls"].get<std::vector<std::vector<double>>>());
}

/// Called on its own, with arrays of another precision than `eval_map` has.
void check_average_precision(const Json& record) {
  const auto recall = record["recalls"].get<std::vector<double>>();
  const auto precision = record["precisions"].get<std::vector<double>>();
  EXPECT_NEAR(average_precision(recall, precision, false), record["area"].get<double>(), 1e-6);
  EXPECT_NEAR(average_precision(recall, precision, true), record["p11"].get<double>(), 1e-6);
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "eval" / "voc_cases.json.gz";
  if (!std::filesystem::exists(file)) return;
  const Json cases = read_json(file);
  for (const Json& record : cases["eval_map"]) {
    add_case("Eval", "voc_" + record["name"].get<std::string>() + "_map", [record] { check_map(record); });
  }
  for (const Json& record : cases["eval_recalls"])
    add_case("Eval", record["name"].get<std::string>() + "_recalls", [record] { check_recalls(record); });
  for (std::size_t i = 0; i < cases["average_precision"].size(); ++i) {
    add_case("Eval", "average_precision_" + std::to_string(i),
             [record = cases["average_precision"][i]] { check_average_precision(record); });
  }
});

}  // namespace
}  // namespace detforge::golden
