#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// `detforge dataset`: what it prints, the files that it writes, its exit status.
namespace detforge::testing_support {
namespace {

using Json = nlohmann::json;

std::string annotation(int id, int image, int category, const std::string& bbox) {
  return R"({"id": )" + std::to_string(id) + R"(, "image_id": )" + std::to_string(image) + R"(, "category_id": )" +
         std::to_string(category) + R"(, "area": 100, "iscrowd": 0, "bbox": )" + bbox + "}";
}

/// Ten images of 100 x 200, each with a cat, the first two with a dog; one record is wrong.
Folder coco_folder() {
  std::string images, annotations;
  for (int i = 1; i <= 10; ++i) {
    images += std::string(i == 1 ? "" : ", ") + R"({"id": )" + std::to_string(i) + R"(, "file_name": "img)" + std::to_string(i) +
              R"(.jpg", "height": 200, "width": 100})";
    annotations += annotation(i, i, 1, "[10, 10, " + std::to_string(10 * i) + ", 20]") + ", ";
  }
  annotations +=
      annotation(11, 1, 2, "[0, 0, 20, 40]") + ", " + annotation(12, 2, 2, "[0, 0, 20, 40]") + ", " + annotation(13, 2, 2, "[0]");
  return Folder({{"gt.json", R"({"images": [)" + images + R"(], "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
                                "annotations": [)" +
                                 annotations + "]}"}});
}

std::string in(const Folder& folder, const std::string& file) { return (folder / file).string(); }

Json json_of(const std::filesystem::path& file) { return Json::parse(std::ifstream(file)); }

TEST(DatasetStats, PrintsTablesJsonAndCharts) {
  const Folder folder = coco_folder();
  const Outcome outcome = run("dataset stats " + in(folder, "gt.json") + " --svg " + in(folder, "stats.svg"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("10 images, 0 of them without an object; 12 objects, 0 to be ignored\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("| cat   | 10      | 10     | 83.3 % |"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.err,
            "note: 1 record is left out:\n  annotations[12].bbox: must be 4 numbers, not 1 (in " + in(folder, "gt.json") + ")\n");
  EXPECT_TRUE(run_command("cat " + in(folder, "stats.svg")).out.starts_with("<svg "));
  const Json json = Json::parse(run("dataset stats " + in(folder, "gt.json") + " --quiet --classes dog --json -").out);
  EXPECT_EQ(json["objects"], 2);
  EXPECT_EQ(json["classes"][0]["name"], "dog");
  EXPECT_EQ(json["empty_images"], 8);
  EXPECT_EQ(Json::parse(run("dataset stats " + in(folder, "gt.json") + " --quiet --classes cat,dog --json -").out)["objects"], 12);
}

TEST(Dataset, HasWhatItFoundInJson) {
  const Folder folder = coco_folder();
  const std::string gt = in(folder, "gt.json"), out = " --quiet --json - --out ";
  for (const std::string& command : {"stats " + gt + " --quiet --json -", "anchors " + gt + " --quiet --json - --count 1",
                                     "convert yolo " + gt + out + in(folder, "yolo")}) {
    const Outcome outcome = run("dataset " + command);
    const Json findings = Json::parse(outcome.out)["findings"];
    EXPECT_EQ(findings["left_out"], 1) << command;
    EXPECT_EQ(findings["first_left_out"][0]["place"], "annotations[12].bbox");
    EXPECT_EQ(findings["first_left_out"][0]["message"], "must be 4 numbers, not 1");
    EXPECT_EQ(outcome.err, "");
  }
  folder.write("lost.json", R"({"images": [{"id": 1}], "categories": [], "annotations": [{"image_id": "1", "category_id": 1}]})");
  const Outcome split = run("dataset split " + in(folder, "lost.json") + out + in(folder, "parts"));
  const Json json = Json::parse(split.out);
  EXPECT_EQ(json["parts"][0]["images"], 1);
  const Json note = json["findings"]["notes"][0];
  EXPECT_EQ(note["what"],
            "annotations of images that the file does not describe are left out: the id is a text, those of the file are numbers");
  EXPECT_EQ(note["count"], 1);
  EXPECT_EQ(note["places"], Json({"annotations[0]"}));
  EXPECT_EQ(note["file"], in(folder, "lost.json"));
}

TEST(DatasetStats, RefusesWrongRecordsWhereStrict) {
  const Folder folder = coco_folder();
  const Outcome outcome = run("dataset stats " + in(folder, "gt.json") + " --strict");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: must be 4 numbers, not 1\n  --> annotations[12].bbox\n  = note: in " + in(folder, "gt.json") + "\n");
  EXPECT_EQ(run("dataset stats /nowhere.json").status, 1);
  EXPECT_EQ(run("dataset stats").status, 2);
}

TEST(DatasetStats, TakesConfigs) {
  const Folder folder = coco_folder();
  folder.write("c.py",
               "data = dict(val=dict(type='RepeatDataset', times=2, dataset=dict(type='CocoDataset', classes=['cat', 'dog'], ann_file='" +
                   in(folder, "gt.json") + "', pipeline=[dict(type='Unknown')])))\n");
  EXPECT_TRUE(run("dataset stats " + in(folder, "c.py") + " --part val --quiet").out.starts_with("20 images, "));
  EXPECT_EQ(run("dataset stats " + in(folder, "c.py")).err, "error: the config has no 'data.train'\n  --> " + in(folder, "c.py") + "\n");
}

TEST(DatasetSplit, WritesPartsThatMakeTheWhole) {
  const Folder folder = coco_folder();
  const std::string command = "dataset split " + in(folder, "gt.json") + " --out " + in(folder, "parts");
  const Outcome outcome = run(command + " --ratios 0.5 0.5 --stratify --seed 3");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, in(folder, "parts/train.json") + ": 5 images\n" + in(folder, "parts/val.json") + ": 5 images\n");
  const Json train = json_of(folder / "parts/train.json"), val = json_of(folder / "parts/val.json");
  EXPECT_EQ(train["annotations"].size() + val["annotations"].size(), 13U);
  for (const Json& part : {train, val}) {
    std::size_t dogs = 0;
    for (const Json& record : part["annotations"]) dogs += record["category_id"] == 2 ? 1 : 0;
    EXPECT_GE(dogs, 1U) << "stratified";
  }
  run(command + " --ratios 0.5 0.5 --stratify --seed 3");
  EXPECT_EQ(json_of(folder / "parts/train.json"), train) << "the same seed";
  EXPECT_EQ(run(command + " --ratios 0.5 0.3 0.2").err, "error: there are 2 names for 3 ratios\n");
}

TEST(DatasetConvert, GoesFromCocoToVocAndBack) {
  const Folder folder = coco_folder();
  const Outcome there = run("dataset convert voc " + in(folder, "gt.json") + " --out " + in(folder, "voc") + " --quiet");
  EXPECT_EQ(there.status, 0) << there.err;
  EXPECT_EQ(there.out, in(folder, "voc") + ": 10 images, 12 objects of 2 classes\n");
  const Outcome back = run("dataset convert coco " + in(folder, "voc/ImageSets/Main/train.txt") + " --out " + in(folder, "back.json"));
  EXPECT_EQ(run("dataset convert coco " + in(folder, "voc") + " --out " + in(folder, "whole.json")).status, 0) << "VOC's root";
  EXPECT_EQ(back.status, 0) << back.err;
  EXPECT_EQ(json_of(folder / "back.json")["annotations"][0]["bbox"], (Json{10, 10, 10, 20}));
  EXPECT_EQ(run("dataset stats " + in(folder, "voc/Annotations") + " --json - --quiet").out,
            run("dataset stats " + in(folder, "back.json") + " --json - --quiet").out);
  EXPECT_EQ(run("dataset stats " + in(folder, "voc") + " --json - --quiet").out,
            run("dataset stats " + in(folder, "back.json") + " --json - --quiet").out)
      << "VOC's root";
  const Outcome split = run("dataset split " + in(folder, "voc/Annotations") + " --out " + in(folder, "lists") + " --ratios 0.9 0.1");
  EXPECT_EQ(split.out, in(folder, "lists/train.txt") + ": 9 images\n" + in(folder, "lists/val.txt") + ": 1 images\n");
}

TEST(DatasetConvert, SaysWhatItNeedsAndWhatIsLost) {
  const Folder folder = coco_folder();
  folder.write("labels/a.txt", "0 0.5 0.5 1 1\n");
  EXPECT_EQ(run("dataset convert coco " + in(folder, "labels") + " --out x.json").status, 2);
  EXPECT_EQ(run("dataset convert coca " + in(folder, "gt.json") + " --out x").status, 2);
  EXPECT_EQ(run("dataset convert coco " + in(folder, "gt.json") + " --out new/").err,
            "error: 'new/' is a folder; COCO's annotations are one file\n  = help: --out new/annotations.json\n");
  folder.write("crowd.json",
               R"({"images": [{"id": 1, "file_name": "a.jpg", "height": 20, "width": 20}], "categories": [{"id": 1, "name": "c"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 25, "iscrowd": 1}]})");
  EXPECT_EQ(run("dataset convert yolo " + in(folder, "crowd.json") + " --out " + in(folder, "yolo")).out,
            in(folder, "yolo") + ": 1 images, 1 objects of 1 classes\nlost: 1 crowds\n");
}

TEST(DatasetAnchors, FitTheBoxes) {
  const Folder folder = coco_folder();
  const std::string command = "dataset anchors " + in(folder, "gt.json") + " --quiet --input-shape 200 200 --count 3";
  const Outcome outcome = run(command);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("base_sizes=[[(")) << outcome.out;
  const Json json = Json::parse(run(command + " --json -").out);
  EXPECT_EQ(json["anchors"].size(), 3U);
  EXPECT_EQ(json["boxes"], 12);
  EXPECT_GT(json["average_iou"].get<double>(), 0.5);
  EXPECT_EQ(run(command + " --seed 0").out, outcome.out);
  EXPECT_EQ(run(command + " --algorithm differential_evolution --iterations 5").status, 0);
  EXPECT_EQ(run("dataset anchors " + in(folder, "gt.json") + " --quiet --count 13").err,
            "error: there are 12 boxes, too few for 13 anchors\n");
}

}  // namespace
}  // namespace detforge::testing_support
