#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

namespace detforge::testing_support {
namespace {

TEST(BenchmarkCommand, TellsEveryStageAsJson) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Outcome outcome = run("benchmark configs/yolox/yolox_nano_8x8_300e_coco.py --shape 64 96 --repeat 2 --json -");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document["runs_ms"].size(), 2U);
  EXPECT_GT(document["median_ms"].get<double>(), 0);
  EXPECT_GT(document["peak_memory_bytes"].get<double>(), 1e6);
  EXPECT_EQ(document["shape"], nlohmann::json::parse("[64, 96]"));
  for (const char* stage : {"preprocess", "backbone_neck", "heads", "roi", "postprocess"}) {
    EXPECT_TRUE(document["stages_ms"].contains(stage)) << stage;
  }
}

TEST(BenchmarkCommand, NeedsNoPipeline) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Outcome outcome = run("benchmark configs/yolo/yolov5.py --part dense --shape 64 --repeat 1 --json -");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(nlohmann::json::parse(outcome.out)["stages_ms"].contains("preprocess"));
}

TEST(BenchmarkCommand, TakesAnImageThroughTheTestPipeline) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder{{"photo.ppm", "P6 3 2 255 " + std::string(18, 'x')}};
  const std::string command = "benchmark configs/yolox/yolox_nano_8x8_300e_coco.py --image " + (folder / "photo.ppm").string();
  const Outcome outcome = run(command + " --repeat 1 --json - --cfg-options model.test_cfg.score_thr=0.0");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document["shape"], nlohmann::json::parse("[2, 3]"));
  EXPECT_GT(document["detections"].get<int>(), 0);
  EXPECT_EQ(run(command + " --part dense").status, 2);
}

TEST(BenchmarkCommand, RefusesAnEngineThatIsNotThere) {
  const Outcome outcome = run("benchmark configs/yolo/yolov5.py --engine tpu");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--engine"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace detforge::testing_support
