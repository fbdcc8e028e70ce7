#include "detforge/models/inference/stage_times.h"

#include <gtest/gtest.h>

#include <numeric>

#include "detforge/config/config.h"
#include "detforge/models/inference/detect_images.h"
#include "tests/support/paths.h"

namespace detforge {
namespace {

std::shared_ptr<Detector> tiny_detector() {
  const auto model = build_detector(Config::from_file(source_dir() / "configs/yolox/yolox_nano_8x8_300e_coco.py")["model"]);
  init_random_weights(*model, 1);
  model->eval();
  return model;
}

TEST(StageTimes, AddUpToNoMoreThanTheWhole) {
  const torch::NoGradGuard no_grad;
  const auto model = tiny_detector();
  StageTimes times(*model);
  const auto begin = std::chrono::steady_clock::now();
  {
    const nn::ObserverGuard guard(times);
    model->forward(torch::zeros({1, 3, 64, 64}));
  }
  const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const StageTimes::Seconds seconds = times.take();
  EXPECT_GT(seconds[StageTimes::BackboneAndNeck], 0);
  EXPECT_GT(seconds[StageTimes::Heads], 0);
  EXPECT_EQ(seconds[StageTimes::RoI], 0);
  EXPECT_LE(std::accumulate(seconds.begin(), seconds.end(), 0.0), whole);
}

TEST(StageTimes, BeginAnewWhenTaken) {
  const torch::NoGradGuard no_grad;
  const auto model = tiny_detector();
  StageTimes times(*model);
  const nn::ObserverGuard guard(times);
  model->forward(torch::zeros({1, 3, 64, 64}));
  times.take();
  EXPECT_EQ(times.take(), StageTimes::Seconds{});
}

}  // namespace
}  // namespace detforge
