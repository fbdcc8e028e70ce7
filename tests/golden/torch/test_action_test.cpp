#include <gtest/gtest.h>

#include <sstream>

#include "detforge/cli/torch/actions.h"
#include "detforge/config/cfg_options.h"
#include "detforge/eval/coco/coco_evaluation.h"
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
  request.json = (folder / "numbers.json").string();
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
  EXPECT_EQ(read_json(request.json)["stats"]["bbox"].get<CocoStats>(), evaluation.stats) << "of detections in memory as of the file's";
}

void check_bccd() {
  if (!has_data()) GTEST_SKIP() << "no weights";
  const std::string root = (data_dir() / "bccd").string();
  // Two of them have the boxes of size zero.
  const Folder folder({{"list.txt", "BloodImage_00000\nBloodImage_00338\nBloodImage_00343\n"}});
  cli::TestRequest request = yolox_nano({"data.test.type=XMLDataset", "data.test.ann_file=" + (folder / "list.txt").string(),
                                         "data.test.img_prefix=" + root + "/", "data.test.classes=RBC,WBC,Platelets",
                                         "data.test.samples_per_gpu=2", "model.bbox_head.num_classes=3", "evaluation.metric=mAP"});
  request.json = "-";
  request.quiet = false;
  std::ostringstream out, log;
  EXPECT_EQ(cli::test_action(request, out, log), 0) << log.str();
  EXPECT_NE(log.str().find("note: boxes have no area (2): "), std::string::npos) << log.str();
  const Json numbers = Json::parse(out.str());
  EXPECT_GE(numbers["metrics"]["mAP"].get<double>(), 0);
  EXPECT_LE(numbers["metrics"]["mAP"].get<double>(), 1);
}

void check_classes_of_checkpoint() {
  if (!has_data()) GTEST_SKIP() << "no weights";
  cli::CheckRequest request;
  request.config = yolox_nano({"data=dict()", "model.bbox_head.num_classes=3"}).config;
  request.checkpoint = (data_dir() / "yolox_nano_coco.pth").string();
  std::ostringstream out;
  EXPECT_EQ(cli::check_action(request, out), 1);
  EXPECT_EQ(out.str(),
            "error: the head has 3 classes, the checkpoint's 80\n"
            " --> --cfg-options:1:29\n"
            "  |\n"
            "1 | model.bbox_head.num_classes=3\n"
            "  |                             ^\n"
            "  = note: model.bbox_head.num_classes\n"
            "  = note: " +
                request.checkpoint +
                "\n"
                "  = help: set model.bbox_head.num_classes=80 to detect with it; training begins its last layers anew\n\n"
                "1 finding\n");
}

const SuiteMaker maker([] {
  add_case("Numerics", "check_yolox_nano_of_other_classes", check_classes_of_checkpoint);
  add_case("Numerics", "test_yolox_nano_on_coco_tiny", check_coco_tiny);
  add_case("Numerics", "test_yolox_nano_on_bccd", check_bccd);
});

}  // namespace
}  // namespace detforge::golden
