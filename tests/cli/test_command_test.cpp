#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "detforge/base/files.h"
#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// `detforge test` as a user meets it. The numbers themselves are golden tests.
namespace detforge::testing_support {
namespace {

const std::string config = "test configs/yolox/yolox_nano_8x8_300e_coco.py random ";

std::string image(int value) { return "P5 64 48 255\n" + std::string(64 * 48, static_cast<char>(value)); }

/// Three small pictures with one object each, in COCO's layout.
class Data {
 public:
  Data() {
    nlohmann::json json;
    json["categories"] = {{{"id", 5}, {"name", "person"}}};
    for (int i = 0; i < 3; ++i) {
      const std::string name = std::string(1, static_cast<char>('a' + i)) + ".pgm";
      folder.write(name, image(60 * i));
      json["images"].push_back({{"id", 10 + i}, {"file_name", name}, {"height", 48}, {"width", 64}});
      json["annotations"].push_back(
          {{"id", i + 1}, {"image_id", 10 + i}, {"category_id", 5}, {"area", 300}, {"iscrowd", 0}, {"bbox", {10, 10, 20, 15}}});
    }
    folder.write("ann.json", json.dump());
  }

  std::string arguments() const {
    const std::string root = folder.path().string();
    return "--cfg-options data.test.ann_file=" + root + "/ann.json data.test.img_prefix=" + root +
           " data.test.classes=person, model.bbox_head.num_classes=1 model.test_cfg.score_thr=0.0 "
           "'data.test.pipeline.1.img_scale=(64,64)' ";
  }
  nlohmann::json json(const std::string& file) const { return nlohmann::json::parse(read_file(folder / file, 1U << 24U)); }
  bool has(const std::string& file) const { return std::filesystem::exists(folder / file); }
  std::string path(const std::string& file) const { return (folder / file).string(); }

  Folder folder;
};

TEST(TestCommand, WritesResultsPicturesAndNumbers) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const Outcome outcome = run(config + data.arguments() + "--eval bbox --out " + data.path("r.json") + " --json " + data.path("n.json") +
                              " --show-dir " + data.path("drawn") + " --batch 2 --workers 2");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Average Precision  (AP) @[ IoU=0.50:0.95"), std::string::npos) << outcome.out;
  EXPECT_TRUE(data.json("n.json")["metrics"].contains("bbox_mAP"));
  EXPECT_FALSE(data.json("r.json").empty());
  EXPECT_EQ(data.json("r.json")[0]["category_id"], 5);
  EXPECT_FALSE(data.has("r.json.partial"));
  EXPECT_TRUE(data.has("drawn/a.png"));
  EXPECT_TRUE(data.has("drawn/c.png"));
}

TEST(TestCommand, GoesOnWhereADamagedImageLeftIt) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const std::string command = config + data.arguments() + "--out ";
  EXPECT_EQ(run(command + data.path("whole.json")).status, 0);
  data.folder.write("b.pgm", "no picture");
  const Outcome broken = run(command + data.path("r.json"));
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.err.find("b.pgm"), std::string::npos) << broken.err;
  EXPECT_TRUE(data.has("r.json.partial"));
  data.folder.write("b.pgm", image(60));
  const Outcome mended = run(command + data.path("r.json") + " --continue");
  EXPECT_EQ(mended.status, 0) << mended.err;
  EXPECT_NE(mended.err.find("note: 2 of 3 images are done already"), std::string::npos) << mended.err;
  EXPECT_EQ(data.json("r.json"), data.json("whole.json"));
  EXPECT_FALSE(data.has("r.json.partial"));
}

TEST(TestCommand, StopsAtTheFirstImageWhereTheModelHasOtherClasses) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const Outcome outcome = run(config + data.arguments() + "model.bbox_head.num_classes=80");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: the model finds class ")) << outcome.err;
  EXPECT_NE(outcome.err.find(", the dataset has 1\n  = help: detforge check says which num_classes the head needs\n"), std::string::npos);
}

TEST(TestCommand, RefusesWrongRecordsWhereStrict) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  nlohmann::json annotations = data.json("ann.json");
  annotations["annotations"][1].erase("bbox");
  data.folder.write("ann.json", annotations.dump());
  EXPECT_EQ(run(config + data.arguments() + "--strict").err,
            "error: has no 'bbox'\n  --> annotations[1]\n  = note: in " + data.path("ann.json") + "\n");
}

TEST(TestCommand, TellsBeforeTheWorkWhatCanNotBeMeasured) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const Outcome outcome = run(config + data.arguments() + "--eval bboxes --out " + data.path("r.json"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: the dataset is not measured by 'bboxes'; did you mean 'bbox'?")) << outcome.err;
  EXPECT_FALSE(data.has("r.json.partial"));
}

TEST(DetectCommand, TakesTilesWithEitherSign) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const std::string command =
      "detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + data.path("a.pgm") + " --score-thr 0 --json - --tile ";
  const Outcome outcome = run(command + "32x32");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(run(command + "32\u00d732").out, outcome.out);
  EXPECT_EQ(run(command + "32").status, 2);
}

TEST(TestCommand, ResultsDoNotDependOnWorkersAndBatches) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  EXPECT_EQ(run(config + data.arguments() + "--workers 0 --out " + data.path("a.json")).status, 0);
  EXPECT_EQ(run(config + data.arguments() + "--workers 3 --out " + data.path("b.json")).status, 0);
  EXPECT_EQ(data.json("a.json"), data.json("b.json"));
}

TEST(TestCommand, FormatsResultsForAServer) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  const Outcome outcome =
      run(config + data.arguments() + "--format-only --eval-options jsonfile_prefix=" + data.path("x") + " --out " + data.path("r.pkl"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, data.path("x.bbox.json") + "\n");
  EXPECT_EQ(run("eval coco " + data.path("ann.json") + " " + data.path("x.bbox.json")).status, 0);
  EXPECT_EQ(run("eval coco " + data.path("ann.json") + " " + data.path("r.pkl")).status, 0);
}

TEST(TestCommand, FusingBatchNormsChangesLittle) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Data data;
  EXPECT_EQ(run(config + data.arguments() + "--out " + data.path("a.json")).status, 0);
  EXPECT_EQ(run(config + data.arguments() + "--fuse-conv-bn --out " + data.path("b.json")).status, 0);
  const auto a = data.json("a.json"), b = data.json("b.json");
  ASSERT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(a[i]["score"].get<double>() - b[i]["score"].get<double>()));
  EXPECT_LT(largest, 1e-3);
}

TEST(TestCommand, TellsMistakesInTheCommandLine) {
  EXPECT_EQ(run(config + "--eval bbox --format-only").err,
            "error: --eval and --format-only exclude each other\n  = help: detforge eval measures the files afterwards\n");
  EXPECT_EQ(run(config + "--continue").status, 2);
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  EXPECT_EQ(run(config + "--out r.txt").err, "error: --out r.txt must end in .json, .pkl or .pickle\n");
  const Data data;
  EXPECT_EQ(run(config + data.arguments() + "--eval bboxes").status, 1);
  const std::string misspelled = run(config + data.arguments() + "--eval-options claswise=True").err;
  EXPECT_NE(misspelled.find("did you mean 'classwise'?\n --> --eval-options:1:10\n"), std::string::npos) << misspelled;
  EXPECT_NE(run("test configs/yolo/yolov5.py random").err.find("the config has no 'data.test'"), std::string::npos);
}

}  // namespace
}  // namespace detforge::testing_support
