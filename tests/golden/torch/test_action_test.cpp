#include <gtest/gtest.h>

#include <sstream>

#include "detforge/cli/torch/actions.h"
#include "detforge/config/cfg_options.h"
#include "detforge/eval/coco_evaluation.h"
#include "tests/support/folder.h"
#include "tests/support/golden.h"
#include "tests/support/paths.h"

/// `detforge test` with real weights on real photos, against the numbers that pycocotools gave Python's detections.
namespace detforge::golden {
namespace {

using testing_support::Folder;

cli::TestRequest yolox_nano(const std::vector<std::string>& options) {
  cli::TestRequest request;
  request.config = Config::from_file(source_dir() / "configs/yolox/yolox_nano_8x8_300e_coco.py");
  request.config.merge_from_dict(parse_cfg_options(options));
  request.checkpoint = (data_dir() / "yolox_nano_coco.pth").string();
  request.quiet = true;
  return request;
}

bool has_data() { return std::filesystem::exists(data_dir() / "yolox_nano_coco.pth"); }

void check_coco_tiny() {
  const auto stats = golden_dir() / "yolox_nano_coco_tiny_val.stats.json";
  if (!has_data() || !std::filesystem::exists(stats)) GTEST_SKIP() << "no reference numbers or weights";
  const Folder folder;
  const auto annotations = data_dir() / "coco_tiny/annotations/instances_val2017.json";
  cli::TestRequest request =
      yolox_nano({"data.test.ann_file=" + annotations.string(), "data.test.img_prefix=" + (data_dir() / "coco_tiny/val2017").string()});
  request.metrics = {"bbox"};
  request.eval_options = {"classwise=True"};
  request.out = (folder / "results.json").string();
  request.batch = 4;
  std::ostringstream out, log;
  EXPECT_EQ(cli::test_action(request, out, log), 0) << log.str();
  EXPECT_FALSE(std::filesystem::exists(folder / "results.json.partial"));
  EXPECT_NE(out.str().find("bbox_mAP: 0.301\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("| person "), std::string::npos) << out.str();

  const Json wanted = read_json(stats);
  const CocoEvaluation evaluation =
      evaluate_coco(JsonDocument::read(annotations), JsonDocument::read(request.out), default_coco_options(CocoType::Bbox));
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(evaluation.stats[i], wanted["stats"][i].get<double>(), 0.002) << wanted["stats_names"][i];
  }
}

void check_bccd() {
  if (!has_data()) GTEST_SKIP() << "no weights";
  const std::string root = (data_dir() / "bccd").string();
  cli::TestRequest request = yolox_nano({"data.test.type=XMLDataset", "data.test.ann_file=" + root + "/ImageSets/Main/test.txt",
                                         "data.test.img_prefix=" + root + "/", "data.test.classes=RBC,WBC,Platelets",
                                         "model.bbox_head.num_classes=3", "evaluation.metric=mAP"});
  request.batch = 2;
  request.json = "-";
  std::ostringstream out, log;
  EXPECT_EQ(cli::test_action(request, out, log), 0) << log.str();
  const Json numbers = Json::parse(out.str());
  EXPECT_GE(numbers["metrics"]["mAP"].get<double>(), 0);
  EXPECT_LE(numbers["metrics"]["mAP"].get<double>(), 1);
}

const SuiteMaker maker([] {
  add_case("Numerics", "test_yolox_nano_on_coco_tiny", check_coco_tiny);
  add_case("Numerics", "test_yolox_nano_on_bccd", check_bccd);
});

}  // namespace
}  // namespace detforge::golden
