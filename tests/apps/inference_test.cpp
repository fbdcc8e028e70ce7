#include "detforge/apps/inference.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/paths.h"

namespace detforge {
namespace {

Config own_config(const std::string& file) { return Config::from_file(source_dir() / file); }

/// A picture of coarse blocks, another for each seed.
cv::Mat picture(int width, int height, int seed) {
  cv::Mat image(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[c] = static_cast<unsigned char>((x / 16 * 37 + y / 16 * 91 + c * 53 + seed * 71) % 256);
    }
  }
  return image;
}

Config tiny_yolox() {
  Config config = own_config("configs/yolox/yolox_nano_8x8_300e_coco.py");
  config["model"]["test_cfg"]["score_thr"] = 0.05;
  config["data"]["test"]["pipeline"][1]["img_scale"] = Value::tuple({128, 128});
  return config;
}

TEST(Inference, ABatchGivesWhatSingleImagesGive) {
  const Config config = tiny_yolox();
  const auto model = build_detector(config["model"]);
  init_random_weights(*model, 1);
  Inference inference(model, inference_pipeline(config, Reference::V2_8), {.batch = 8});
  std::vector<Views> samples;
  for (int i = 0; i < 3; ++i) samples.push_back(inference.prepare(picture(96 + 20 * i, 80, i)));
  const auto together = inference.detect(samples);
  ASSERT_EQ(together.size(), samples.size());
  std::size_t all = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Detections alone = inference.detect(std::vector<Views>{samples[i]}).front();
    all += alone.size();
    ASSERT_EQ(alone.size(), together[i].size());
    for (std::size_t k = 0; k < alone.size(); ++k) {
      EXPECT_EQ(alone.labels[k], together[i].labels[k]);
      EXPECT_NEAR(alone.scores[k], together[i].scores[k], 1e-5);
    }
  }
  EXPECT_GT(all, 0U);
}

TEST(Inference, ServesSeveralThreads) {
  const Config config = tiny_yolox();
  const auto model = build_detector(config["model"]);
  init_random_weights(*model, 1);
  Inference inference(model, inference_pipeline(config, Reference::V2_8), {});
  constexpr int count = 4;
  std::vector<Detections> alone, together(count);
  for (int i = 0; i < count; ++i) alone.push_back(inference.detect(std::vector{picture(90 + 10 * i, 80, i)}).front());
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back(
        [&, i] { together[static_cast<std::size_t>(i)] = inference.detect(std::vector{picture(90 + 10 * i, 80, i)}).front(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_GT(alone[i].size(), 0U);
    EXPECT_EQ(together[i].labels, alone[i].labels);
    ASSERT_EQ(together[i].scores.size(), alone[i].scores.size());
    for (std::size_t k = 0; k < alone[i].size(); ++k) EXPECT_NEAR(together[i].scores[k], alone[i].scores[k], 1e-5);
  }
}

TEST(Inference, RandomWeightsDependOnTheSeedAlone) {
  const Config config = tiny_yolox();
  const auto weights = [&](std::uint64_t seed) {
    const auto model = build_detector(config["model"]);
    init_random_weights(*model, seed);
    return nn::state_dict(*model).front().tensor.clone();
  };
  EXPECT_TRUE(torch::equal(weights(3), weights(3)));
  EXPECT_FALSE(torch::equal(weights(3), weights(4)));
}

TEST(Inference, SaysWhichKeyOfThePipelineIsMissing) {
  const Config config = own_config("configs/yolo/yolov5.py");
  try {
    static_cast<void>(inference_pipeline(config, Reference::V2_8));
    FAIL() << "a config without data was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the config has no 'data', which says how images are prepared for the model");
  }
}

TEST(Inference, SaysThatTheThresholdsAreMissing) {
  Config config = own_config("configs/yolo/yolov5_coco.py");
  config["model"]["backbone"]["gw"] = 0.25;
  config["model"]["backbone"]["gd"] = 0.33;
  config["model"]["neck"]["in_channels"] = Value::list({256, 128, 64});
  config["model"].pop("test_cfg");
  config["data"]["test"]["pipeline"][1]["img_scale"] = Value::tuple({64, 64});
  const auto model = build_detector(config["model"]);
  init_random_weights(*model, 0);
  Inference inference(model, inference_pipeline(config, Reference::V2_8), {.batch = 8});
  const Views sample = inference.prepare(picture(64, 64, 0));
  try {
    static_cast<void>(inference.detect(std::vector<Views>{sample}));
    FAIL() << "predicted without test_cfg";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the model has no 'test_cfg', which says what YOLOV3Head keeps of its predictions");
  }
}

}  // namespace
}  // namespace detforge
