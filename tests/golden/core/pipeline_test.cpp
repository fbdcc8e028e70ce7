#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <opencv2/core.hpp>
#include <set>

#include "detforge/data/pipeline.h"
#include "tests/support/golden.h"
#include "tests/support/sha1.h"

/// Pixels after each transform, as mmdet and mmcv make them of the same photos.
namespace detforge::golden {
namespace {

/// Change what lies in an image, not its pixels: without them a pipeline's pixels are still compared.
const std::set<std::string> annotation_only = {"LoadAnnotations"};

/// Gives the draws that Python recorded, and holds each call against the recorded one.
class Replay : public Random {
 public:
  explicit Replay(Json draws) : draws_(std::move(draws)) {}

  double random_sample() override { return next("random_sample")["value"]; }
  std::int64_t randint(std::int64_t low, std::int64_t high) override {
    const Json draw = next("randint");
    const Json args = draw["args"];
    EXPECT_EQ(low, args.size() == 1 ? 0 : args[0].get<std::int64_t>());
    EXPECT_EQ(high, args.back().get<std::int64_t>());
    return draw["value"];
  }
  std::size_t choice(std::span<const double> probabilities) override {
    const Json draw = next("choice");
    const auto wanted = draw["kwargs"]["p"].get<std::vector<double>>();
    EXPECT_EQ(std::vector<double>(probabilities.begin(), probabilities.end()), wanted);
    const Json& options = draw["args"][0];
    return static_cast<std::size_t>(std::find(options.begin(), options.end(), draw["value"]) - options.begin());
  }
  bool is_done() const { return next_ == draws_.size(); }

 private:
  Json next(const std::string& function) {
    if (next_ >= draws_.size()) throw Error("more draws than Python made", ErrorKind::Internal);
    const Json draw = draws_[next_++];
    EXPECT_EQ(draw["fn"], function);
    return draw;
  }

  Json draws_;
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
  if (is_float) {
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

void check(const Json& config, const Json& record) {
  Sample sample;
  Value list = Value::list();
  std::string not_compared;
  for (const Json& step : config) {
    const std::string type = step["type"];
    if (type == "SetKeys") {
      sample.flip = step["flip"].get<bool>();
      sample.meta.flip_direction = step["flip_direction"];
    } else if (transforms().contains(type)) {
      list.push_back(decode_value(step));
    } else if (annotation_only.contains(type)) {
      not_compared = type;
    } else {
      skip_unregistered("PIPELINES." + type);
      return;
    }
  }
  const auto photo = data_dir() / "coco_tiny" / "val2017" / record["image"].get<std::string>();
  sample.meta.filename = photo.string();
  Replay replay(record.value("draws", Json::array()));
  const auto views = Pipeline::from_config(list, {Reference::V2_27, "pipeline"}).run(sample, replay);
  ASSERT_EQ(views.size(), 1U);
  EXPECT_TRUE(replay.is_done()) << "Python made more draws";
  expect_pixels(record, views[0].image);
  expect_meta(record, views[0]);
  // What was compared counts; what was not is said.
  if (!not_compared.empty()) skip_unregistered("PIPELINES." + not_compared);
}

/// The generator itself, against every call with one of the three functions.
void check_generator(const Json& record) {
  NumpyRandom random(record["seed"].get<std::uint32_t>());
  for (const Json& draw : record["draws"]) {
    const std::string function = draw["fn"];
    if (function == "random_sample" && draw["args"].empty()) {
      EXPECT_EQ(random.random_sample(), draw["value"].get<double>());
    } else if (function == "randint" && draw["value"].is_number()) {
      const Json& args = draw["args"];
      EXPECT_EQ(random.randint(args.size() == 1 ? 0 : args[0].get<std::int64_t>(), args.back()), draw["value"].get<std::int64_t>());
    } else if (function == "choice" && draw.contains("kwargs") && draw["kwargs"].contains("p") && !draw["value"].is_array()) {
      const auto p = draw["kwargs"]["p"].get<std::vector<double>>();
      EXPECT_EQ(draw["args"][0][random.choice(p)], draw["value"]);
    } else {
      return;  // Another function moves the state: what follows can not be compared.
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
      static_cast<void>(golden);
      check(config, record);
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
