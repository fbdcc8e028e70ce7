#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>
#include <opencv2/core.hpp>
#include <set>

#include "detforge/config/config.h"
#include "detforge/data/pipeline.h"
#include "tests/support/golden.h"
#include "tests/support/sha1.h"

/// Pixels, boxes and masks after each transform, as mmdet and mmcv make them of the same photos.
namespace detforge::golden {
namespace {

/// The annotations of coco_tiny's images, as CocoDataset keeps them.
class Annotations {
 public:
  Annotations() : json_(read_json(data_dir() / "coco_tiny" / "annotations" / "instances_val2017.json")) {
    for (const Json& category : json_["categories"]) labels_.try_emplace(category["id"], std::ssize(labels_));
    for (const Json& image : json_["images"]) images_[image["file_name"]] = &image;
    for (const Json& annotation : json_["annotations"]) of_image_[annotation["image_id"]].push_back(&annotation);
  }

  /// A sample of the image before its pipeline.
  Sample sample(const std::string& file) const {
    const Json& image = *images_.at(file);
    Sample sample;
    sample.meta.filename = (data_dir() / "coco_tiny" / "val2017" / file).string();
    sample.img_info = {image["height"], image["width"]};
    auto info = std::make_shared<AnnInfo>();
    if (const auto found = of_image_.find(image["id"]); found != of_image_.end()) {
      for (const Json* annotation : found->second) add(*annotation, sample.img_info, *info);
    }
    sample.ann_info = info;
    return sample;
  }

 private:
  void add(const Json& annotation, ImageSize size, AnnInfo& info) const {
    const auto [x, y, w, h] = annotation["bbox"].get<std::array<double, 4>>();
    const double inside_w = std::min(x + w, static_cast<double>(size.width)) - std::max(x, 0.0);
    const double inside_h = std::min(y + h, static_cast<double>(size.height)) - std::max(y, 0.0);
    if (inside_w <= 0 || inside_h <= 0 || annotation["area"].get<double>() <= 0 || w < 1 || h < 1) return;
    const BoxXyxy box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + w), static_cast<float>(y + h)};
    if (annotation.value("iscrowd", 0) != 0) {
      info.bboxes_ignore.push_back(box);
      return;
    }
    info.bboxes.push_back(box);
    info.labels.push_back(labels_.at(annotation["category_id"]));
    info.masks.emplace_back(annotation["segmentation"].get<Polygons>());
  }

  Json json_;
  std::map<std::int64_t, std::int64_t> labels_;  ///< in the order of the file, which is that of the ids
  std::map<std::string, const Json*> images_;
  std::map<std::int64_t, std::vector<const Json*>> of_image_;
};

const Annotations& annotations() {
  static const Annotations all;
  return all;
}

/// Gives the draws that Python recorded, and holds each call against the recorded one.
class Replay : public Random {
 public:
  /// A call that drew several numbers is one for each here.
  explicit Replay(const Json& draws) {
    for (const Json& draw : draws) {
      const bool several = draw["value"].is_array() && draw["fn"] != "permutation" && draw["fn"] != "choice";
      if (!several) draws_.push_back(draw);
      for (std::size_t i = 0; several && i < draw["value"].size(); ++i) {
        Json one = draw;
        one["value"] = draw["value"][i];
        if (!one["args"].empty()) one["args"].erase(one["args"].size() - 1);
        draws_.push_back(one);
      }
    }
  }

  double random_sample() override { return next({"random_sample", "random", "rand"})["value"]; }
  double uniform(double low, double high) override {
    const Json draw = next({"uniform"});
    EXPECT_EQ(low, draw["args"][0].get<double>());
    EXPECT_EQ(high, draw["args"].size() == 1 ? 1.0 : draw["args"][1].get<double>());
    return draw["value"];
  }
  std::int64_t randint(std::int64_t low, std::int64_t high) override {
    const Json draw = next({"randint"});
    Json args = draw["args"];
    if (draw.contains("kwargs")) args = {draw["kwargs"]["low"], draw["kwargs"]["high"]};
    EXPECT_EQ(static_cast<double>(low), args.size() == 1 ? 0.0 : args[0].get<double>());
    EXPECT_EQ(static_cast<double>(high), args.back().get<double>());
    return draw["value"];
  }
  std::size_t choice(std::span<const double> probabilities) override {
    const Json draw = next({"choice"});
    const auto wanted = draw["kwargs"]["p"].get<std::vector<double>>();
    EXPECT_EQ(std::vector<double>(probabilities.begin(), probabilities.end()), wanted);
    return position(draw);
  }
  std::size_t choice(std::size_t count) override {
    const Json draw = next({"choice"});
    EXPECT_EQ(count, draw["args"][0].size());
    return position(draw);
  }
  std::vector<std::size_t> choice_without_replacement(std::size_t count, std::size_t size) override {
    const Json draw = next({"choice"});
    EXPECT_EQ(count, draw["args"][0].get<std::size_t>());
    EXPECT_EQ(size, draw["kwargs"]["size"].get<std::size_t>());
    return draw["value"];
  }
  std::vector<std::size_t> permutation(std::size_t count) override {
    const Json draw = next({"permutation"});
    EXPECT_EQ(count, draw["value"].size());
    return draw["value"];
  }
  bool is_done() const { return next_ == draws_.size(); }

 private:
  static std::size_t position(const Json& draw) {
    const Json& options = draw["args"][0];
    return static_cast<std::size_t>(std::find(options.begin(), options.end(), draw["value"]) - options.begin());
  }
  Json next(const std::set<std::string>& functions) {
    if (next_ >= draws_.size()) throw Error("more draws than Python made", ErrorKind::Internal);
    const Json draw = draws_[next_++];
    EXPECT_TRUE(functions.contains(draw["fn"])) << draw;
    return draw;
  }

  std::vector<Json> draws_;
  std::size_t next_ = 0;
};

std::uint64_t splitmix64(std::uint64_t index) {
  std::uint64_t z = index + 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

void expect_size(const Json& record, const char* key, const ImageSize& size) {
  if (!record.contains(key)) return;
  EXPECT_EQ(record[key][0], size.height) << key;
  EXPECT_EQ(record[key][1], size.width) << key;
}

void expect_pixels(const Json& record, const cv::Mat& image) {
  const auto shape = record["shape"].get<std::vector<int>>();
  ASSERT_EQ((std::vector<int>{image.rows, image.cols, image.channels()}), shape);
  const bool is_float = record["dtype"] == "float32";
  ASSERT_EQ(image.depth(), is_float ? CV_32F : CV_8U);
  ASSERT_TRUE(image.isContinuous());
  cv::Mat floats;
  image.convertTo(floats, CV_64F);
  const std::span<const double> flat(floats.ptr<double>(), floats.total() * static_cast<std::size_t>(floats.channels()));

  const auto values = record["values"].get<std::vector<double>>();
  for (std::size_t k = 0; k < values.size(); ++k) {
    EXPECT_NEAR(flat[splitmix64(k) % flat.size()], values[k], is_float ? 1e-5 * std::max(1.0, std::abs(values[k])) : 0) << "value " << k;
  }
  const double sum = std::accumulate(flat.begin(), flat.end(), 0.0);
  const double wanted = record["sum"];
  EXPECT_NEAR(sum, wanted, is_float ? 1e-6 * static_cast<double>(flat.size()) : 0);
  if (record["dtype"] != "uint8") {
    std::vector<std::int32_t> rounded;
    for (const double value : flat) rounded.push_back(static_cast<std::int32_t>(std::nearbyint(value * 1000)));
    EXPECT_EQ(sha1_of(rounded.data(), rounded.size() * sizeof(std::int32_t)), record["sha1"]);
  } else {
    EXPECT_EQ(sha1_of(image.data, flat.size()), record["sha1"]);
  }
}

void expect_meta(const Json& record, const Sample& sample) {
  expect_size(record, "ori_shape", sample.meta.ori_shape);
  expect_size(record, "img_shape", sample.meta.img_shape);
  expect_size(record, "pad_shape", sample.meta.pad_shape);
  if (record.contains("scale_factor")) {
    EXPECT_EQ((record["scale_factor"].get<std::array<float, 4>>()), sample.meta.scale_factor);
  }
  if (record.contains("scale") && sample.scale) {
    EXPECT_EQ((record["scale"].get<std::array<double, 2>>()), *sample.scale);
  }
  if (record.contains("flip")) {
    EXPECT_EQ(record["flip"].get<bool>(), sample.meta.flip);
    EXPECT_EQ(record["flip_direction"].is_null() ? "" : record["flip_direction"].get<std::string>(), sample.meta.flip_direction);
  }
}

void expect_annotations(const Json& record, const Sample& sample) {
  const auto boxes = [&](const char* key, const std::optional<std::vector<BoxXyxy>>& ours) {
    if (!record.contains(key)) return;
    ASSERT_TRUE(ours.has_value()) << key;
    EXPECT_EQ(*ours, record[key].get<std::vector<BoxXyxy>>()) << key;
  };
  boxes("gt_bboxes", sample.gt_bboxes);
  boxes("gt_bboxes_ignore", sample.gt_bboxes_ignore);
  if (record.contains("gt_labels")) {
    EXPECT_EQ(*sample.gt_labels, record["gt_labels"].get<std::vector<std::int64_t>>());
  }
  if (!record.contains("gt_mask_kind")) return;
  ASSERT_TRUE(sample.gt_masks.has_value());
  EXPECT_EQ(sample.gt_masks->bitmaps() != nullptr ? "BitmapMasks" : "PolygonMasks", record["gt_mask_kind"]);
  expect_size(record, "gt_mask_size", sample.gt_masks->size());
  const BitmapMasks masks = sample.gt_masks->to_bitmaps();
  EXPECT_EQ(masks.areas(), record["gt_mask_area"].get<std::vector<double>>());
  EXPECT_EQ(sha1_of(masks.pixels().data(), masks.pixels().size()), record["gt_mask_sha1"]);
}

/// The photos as a dataset whose samples are mixed, after what stands before the mixing.
class Photos : public SamplePool {
 public:
  Photos(const Json& files, bool copy_paste) : files_(files.get<std::vector<std::string>>()) {
    std::string steps = "dict(type='LoadImageFromFile'), ";
    steps +=
        copy_paste
            ? "dict(type='LoadAnnotations', with_mask=True), dict(type='Resize', img_scale=(320, 320)), dict(type='Pad', size=(320, 320))"
            : "dict(type='LoadAnnotations')";
    pipeline_ = Pipeline::from_config(Config::from_text("pipeline = [" + steps + "]", ".py")["pipeline"], {Reference::V2_27, "pipeline"});
  }

  std::size_t size() const override { return files_.size(); }
  std::size_t objects_of(std::size_t index) const override { return annotations().sample(files_[index]).ann_info->bboxes.size(); }
  Sample get(std::size_t index, Random& random) const { return pipeline_->run(annotations().sample(files_[index]), random).front(); }

 private:
  std::vector<std::string> files_;
  std::optional<Pipeline> pipeline_;
};

void check_mixing(const Json& config, const Json& record, const Json& files) {
  const Photos photos(files, record["pipeline"] == "copy_paste");
  Replay replay(record["draws"]);
  Sample sample = photos.get(record["index"], replay);
  for (const Json& step : config) {
    if (!transforms().contains(step["type"].get<std::string>())) {
      skip_unregistered("PIPELINES." + step["type"].get<std::string>());
      return;
    }
    const auto transform = transforms().build(decode_value(step), {Reference::V2_27, "pipeline"});
    for (const std::size_t index : transform->get_indexes(photos, replay)) sample.mix_results.push_back(photos.get(index, replay));
    transform->apply(sample, replay);
    sample.mix_results.clear();
  }
  EXPECT_TRUE(replay.is_done()) << "Python made more draws";
  expect_pixels(record, sample.image);
  expect_meta(record, sample);
  expect_annotations(record, sample);
}

void check(const Json& config, const Json& record) {
  Sample sample = annotations().sample(record["image"]);
  Value list = Value::list();
  for (const Json& step : config) {
    const std::string type = step["type"];
    if (type == "SetKeys") {
      sample.flip = step["flip"].get<bool>();
      sample.meta.flip_direction = step["flip_direction"];
    } else if (transforms().contains(type)) {
      list.push_back(decode_value(step));
    } else {
      skip_unregistered("PIPELINES." + type);
      return;
    }
  }
  Replay replay(record.value("draws", Json::array()));
  const auto views = Pipeline::from_config(list, {Reference::V2_27, "pipeline"}).run(sample, replay);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_TRUE(replay.is_done()) << "Python made more draws";
  expect_pixels(record, views[0].image);
  expect_meta(record, views[0]);
  expect_annotations(record, views[0]);
}

/// The generator itself, against every recorded call.
void check_generator(const Json& record) {
  NumpyRandom random(record["seed"].get<std::uint32_t>());
  for (const Json& draw : record["draws"]) {
    const std::string function = draw["fn"];
    Json args = draw["args"];
    const Json& value = draw["value"];
    const bool has_options = draw.contains("kwargs");
    if (function == "choice") {
      if (has_options && draw["kwargs"].contains("p")) {
        EXPECT_EQ(args[0][random.choice(draw["kwargs"]["p"].get<std::vector<double>>())], value);
      } else if (has_options) {
        EXPECT_EQ(random.choice_without_replacement(args[0], draw["kwargs"]["size"]), value.get<std::vector<std::size_t>>());
      } else {
        EXPECT_EQ(args[0][random.choice(args[0].size())], value);
      }
      continue;
    }
    if (function == "permutation") {
      EXPECT_EQ(random.permutation(value.size()), value.get<std::vector<std::size_t>>());
      continue;
    }
    if (has_options) args = {draw["kwargs"]["low"], draw["kwargs"]["high"]};
    std::vector<Json> values = {value};
    if (value.is_array()) {
      values.assign(value.begin(), value.end());
      args.erase(args.size() - 1);
    }
    for (const Json& one : values) {
      if (function == "randint") {
        const auto high = static_cast<std::int64_t>(args.back().get<double>());
        EXPECT_EQ(random.randint(args.size() == 1 ? 0 : static_cast<std::int64_t>(args[0].get<double>()), high), one.get<std::int64_t>());
      } else if (function == "uniform") {
        EXPECT_EQ(random.uniform(args[0], args.size() == 1 ? 1.0 : args[1].get<double>()), one.get<double>());
      } else {
        EXPECT_EQ(random.random_sample(), one.get<double>());
      }
    }
  }
}

const SuiteMaker maker([] {
  const auto file = golden_dir() / "pipeline.json.gz";
  if (!std::filesystem::exists(file)) return;
  const auto golden = std::make_shared<Json>(read_json(file));
  for (const Json& record : (*golden)["results"]) {
    const std::string pipeline = record["pipeline"];
    const Json& config = (*golden)["pipelines"][pipeline];
    add_case("Pipeline", pipeline, [=, &config, &record] {
      if (record.contains("index")) {
        check_mixing(config, record, (*golden)["images"]);
      } else {
        check(config, record);
      }
    });
    if (record.contains("draws"))
      add_case("Pipeline", "draws_" + pipeline, [=, &record] {
        static_cast<void>(golden);
        check_generator(record);
      });
  }
});

}  // namespace
}  // namespace detforge::golden
