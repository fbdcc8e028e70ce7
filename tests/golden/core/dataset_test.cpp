#include <gtest/gtest.h>

#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/datasets/class_balanced_dataset.h"
#include "detforge/data/datasets/concat_dataset.h"
#include "tests/support/golden.h"

/// What datasets keep of the annotations of real photos, in which order, against mmdet's.
namespace detforge::golden {
namespace {

/// `coco_tiny val2017` or `bccd test`: a folder of the data and one of its splits.
Value config_of(const std::string& dataset, const Json& record) {
  const std::size_t blank = dataset.find(' ');
  const std::string folder = dataset.substr(0, blank);
  const std::string split = dataset.substr(blank + 1);
  Value config = record.contains("args") ? decode_value(record["args"]) : Value::dict();
  const std::string type = record.value("type", "CocoDataset");
  config["type"] = type;
  config["data_root"] = (data_dir() / folder).string();
  config["pipeline"] = Value::list();
  const bool is_xml = std::filesystem::is_directory(data_dir() / folder / "ImageSets");
  config["ann_file"] = is_xml ? "ImageSets/Main/" + split + ".txt" : "annotations/instances_" + split + ".json";
  config["img_prefix"] = is_xml ? "" : split;
  return config;
}

template <class Kind>
std::shared_ptr<const Kind> build(const Value& config) {
  const BuildContext context{Reference::V2_27, "data"};
  auto dataset = std::dynamic_pointer_cast<const Kind>(build_dataset(config, context));
  EXPECT_TRUE(dataset != nullptr);
  return dataset;
}

Json boxes_json(const std::vector<BoxXyxy>& boxes) {
  Json rows = Json::array();
  for (const BoxXyxy& box : boxes) rows.push_back(box);
  return rows;
}

/// Numbers of both as float32: the file has the fewest digits that give them back.
void expect_boxes(const Json& wanted, const std::vector<BoxXyxy>& boxes) {
  std::vector<BoxXyxy> rows;
  for (const Json& row : wanted) rows.push_back(row.get<BoxXyxy>());
  EXPECT_EQ(boxes, rows) << boxes_json(boxes);
}

std::string kind_of(const MaskAnnotation& mask) {
  if (const auto* polygons = std::get_if<Polygons>(&mask)) return "polygons " + std::to_string(polygons->size());
  return std::holds_alternative<Rle>(mask) ? "rle" : "none";
}

std::vector<RecordId> record_ids(const Json& wanted) {
  const auto numbers = wanted.get<std::vector<std::int64_t>>();
  return {numbers.begin(), numbers.end()};
}

void expect_flag(const Json& wanted, const Dataset& dataset) {
  EXPECT_EQ(dataset.flag(), wanted.is_null() ? std::vector<std::uint8_t>() : wanted.get<std::vector<std::uint8_t>>());
}

void check_images(const Json& record) {
  const auto dataset = build<AnnotatedDataset>(config_of(record["dataset"], record));
  ASSERT_EQ(dataset->size(), record["length"].get<std::size_t>());
  for (std::size_t i = 0; i < dataset->size(); ++i) {
    const ImageInfo& image = dataset->image(i);
    EXPECT_EQ(image.filename, record["files"][i].get<std::string>());
    if (record.contains("img_ids")) {
      EXPECT_EQ(image.id, record["img_ids"][i].get<std::int64_t>());
    }
    if (record.contains("sizes")) {
      EXPECT_EQ(image.size.width, record["sizes"][i][0].get<std::int64_t>());
      EXPECT_EQ(image.size.height, record["sizes"][i][1].get<std::int64_t>());
    }
  }
  if (record.contains("cat_ids")) {
    EXPECT_EQ(dataset->cat_ids(), record_ids(record["cat_ids"]));
  }
  expect_flag(record["flag"], *dataset);
}

void check_annotations(const Json& record) {
  const auto dataset = build<AnnotatedDataset>(config_of(record["dataset"], record));
  const Json& wanted = record["ann_info"];
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    SCOPED_TRACE(dataset->image(i).filename);
    const AnnInfo info = dataset->annotations(i);
    expect_boxes(wanted[i]["bboxes"], info.bboxes);
    EXPECT_EQ(info.labels, wanted[i]["labels"].get<std::vector<std::int64_t>>());
    expect_boxes(wanted[i]["bboxes_ignore"], info.bboxes_ignore);
    EXPECT_EQ(info.labels_ignore, wanted[i].value("labels_ignore", Json::array()).get<std::vector<std::int64_t>>());
    const Json kinds = wanted[i].value("mask_kinds", Json::array());
    ASSERT_EQ(info.masks.size(), kinds.size());
    for (std::size_t k = 0; k < kinds.size(); ++k) EXPECT_EQ(kind_of(info.masks[k]), kinds[k].get<std::string>());
  }
  const Json ids = record.value("cat_ids_of_first_10", Json::array());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(dataset->category_ids(i), record_ids(ids[i]));
  if (!record.contains("box_count")) return;
  std::size_t boxes = 0, ignored = 0;
  for (std::size_t i = 0; i < dataset->size(); ++i) {
    boxes += dataset->annotations(i).bboxes.size();
    ignored += dataset->annotations(i).bboxes_ignore.size();
  }
  EXPECT_EQ(boxes, record["box_count"].get<std::size_t>());
  EXPECT_EQ(ignored, record["ignore_count"].get<std::size_t>());
}

/// `of` names splits of coco_tiny.
Value inner_config(const Json& record) {
  if (record.contains("dataset")) return config_of(record["dataset"], record);
  if (record["of"].is_string()) return config_of("coco_tiny " + record["of"].get<std::string>(), record);
  Value parts = Value::list();
  for (const Json& split : record["of"]) parts.push_back(config_of("coco_tiny " + split.get<std::string>(), record));
  return parts;
}

void check_wrapper(const Json& record) {
  const std::string type = record["wrapper"];
  Value config = Value::dict({{"type", type}, {type == "ConcatDataset" ? "datasets" : "dataset", inner_config(record)}});
  for (const char* key : {"times", "oversample_thr", "filter_empty_gt", "separate_eval"}) {
    if (record.contains(key)) config[key] = decode_value(record[key]);
  }
  const auto dataset = build<Dataset>(config);
  EXPECT_EQ(dataset->size(), record["length"].get<std::size_t>());
  if (record.contains("flag")) expect_flag(record["flag"], *dataset);
  if (record.contains("cumulative_sizes")) {
    EXPECT_EQ(dynamic_cast<const ConcatDataset&>(*dataset).cumulative_sizes(), record["cumulative_sizes"].get<std::vector<std::size_t>>());
  }
  if (record.contains("repeat_factors")) {
    const auto& balanced = dynamic_cast<const ClassBalancedDataset&>(*dataset);
    EXPECT_EQ(balanced.repeat_factors(), record["repeat_factors"].get<std::vector<double>>());
    EXPECT_EQ(balanced.repeat_indices(), record["repeat_indices"].get<std::vector<std::size_t>>());
  }
}

/// `coco_tiny_val2017_test_mode_false_classes_dog_person_car`
std::string name_of(const Json& record) {
  std::string name = record.value("dataset", std::string());
  for (const char* key : {"wrapper", "of", "times", "oversample_thr", "args"}) {
    if (record.contains(key))
      name += (name.empty() ? "" : " ") + (record[key].is_string() ? record[key].get<std::string>() : record[key].dump());
  }
  std::string clean;
  for (const char c : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (is_plain || (!clean.empty() && clean.back() != '_')) clean += is_plain ? c : '_';
  }
  return clean + (clean.ends_with('_') ? "" : "_");
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "datasets.json.gz";
  if (!std::filesystem::exists(file)) return;
  const auto golden = std::make_shared<Json>(read_json(file));
  for (const Json& record : (*golden)["cases"]) {
    const auto add = [&](const char* aspect, void (*check)(const Json&)) {
      add_case("Dataset", name_of(record) + aspect, [golden, &record, check] {
        const std::string type = record.value("wrapper", record.value("type", std::string("CocoDataset")));
        if (!datasets().contains(type)) return skip_unregistered("DATASETS." + type);
        check(record);
      });
    };
    if (record.contains("wrapper")) {
      add("wrapper", check_wrapper);
    } else {
      add("images", check_images);
      add("annotations", check_annotations);
    }
  }
});

}  // namespace
}  // namespace detforge::golden
