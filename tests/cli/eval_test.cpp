#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// `detforge eval`: exit status, tables, and the keys that programs read.
namespace detforge::testing_support {
namespace {

Folder coco_folder() {
  return Folder(
      {{"gt.json", R"({"images": [{"id": 7, "file_name": "a.jpg", "height": 50, "width": 50}], "categories": [{"id": 3, "name": "cat"}],
                 "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 40, 40], "area": 1600, "iscrowd": 0,
                 "segmentation": [[1, 2, 41, 2, 41, 42, 1, 42]]}]})"},
       {"dt.json", R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 40, 40], "score": 0.5},
                 {"image_id": 7, "category_id": 99, "bbox": [1, 2, 40, 40], "score": 0.9}])"},
       {"named.json", R"([{"file_name": "a.jpg", "class": "cat", "bbox": [1, 2, 40, 40], "score": 0.5}])"},
       {"wrong.json", R"([{"image_id": 8, "category_id": 3, "bbox": [1, 2, 40, 40], "score": 0.5}])"}});
}

TEST(Eval, CocoPrintsPycocotoolsTable) {
  const Folder folder = coco_folder();
  const std::string files = (folder / "gt.json").string() + " " + (folder / "dt.json").string();
  const Outcome outcome = run("eval coco " + files + " --classwise");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with(" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("\n+----------+-------+\n| category | AP    |\n+----------+-------+\n| cat      | 1.000 |\n"),
            std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.err, "note: results of categories that the annotations do not have take no part (1): [1].category_id in " +
                             (folder / "dt.json").string() + "\n");
  EXPECT_EQ(run("eval coco " + files + " --quiet --metric-items mAP_50 AR@100").out, "bbox_mAP_50: 1.000\nbbox_AR@100: 1.000\n");
}

TEST(Eval, CocoWritesJson) {
  const Folder folder = coco_folder();
  for (const char* type : {"bbox", "segm", "proposal"}) {
    const std::string named = (folder / "gt.json").string() + " " + (folder / "dt.json").string() + " --type " + type + " --json ";
    const auto printed = nlohmann::json::parse(run("eval coco " + named + "- --quiet").out);
    EXPECT_EQ(printed["stats"].size(), 12U);
    EXPECT_TRUE(printed["load_seconds"].is_number() && printed["evaluate_seconds"].is_number());
    EXPECT_EQ(printed["findings"]["notes"][0]["what"], "results of categories that the annotations do not have take no part");
    EXPECT_EQ(printed["findings"]["notes"][0]["count"], 1);
    run("eval coco " + named + (folder / "out.json").string());
    EXPECT_EQ(nlohmann::json::parse(std::ifstream(folder / "out.json"))["stats"], printed["stats"]);
  }
}

TEST(Eval, VocTakesWhatDetectWrites) {
  const Folder folder = coco_folder();
  const Outcome outcome = run("eval voc " + (folder / "gt.json").string() + " " + (folder / "named.json").string() + " --json -");
  EXPECT_EQ(nlohmann::json::parse(outcome.out)["mAP"], 1.0) << outcome.err;
}

TEST(Eval, WhatIsWrongIsNamed) {
  const Folder folder = coco_folder();
  const std::string gt = (folder / "gt.json").string();
  const std::string wrong = (folder / "wrong.json").string();
  const Outcome outcome = run("eval coco " + gt + " " + wrong);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: the annotations have no image 8\n  --> [0].image_id\n  = note: in " + wrong + "\n");
  EXPECT_EQ(run("eval coco " + gt + " /nowhere.json").err,
            "error: can not open the file: No such file or directory\n  --> /nowhere.json\n");
  EXPECT_EQ(run("eval lvis " + gt + " " + (folder / "dt.json").string() + " --quiet").err,
            "error: the category 'cat' has no frequency r, c or f: is this LVIS?\n");
  EXPECT_EQ(run("eval coco " + gt + " " + wrong + " --type segmm").status, 2);
}

TEST(Analyze, EveryAnalysisWritesItsNumbersAndPictures) {
  const Folder folder = coco_folder();
  folder.write("known.json", R"([{"image_id": 7, "category_id": 3, "bbox": [1, 2, 40, 40], "score": 0.5}])");
  const std::string files = (folder / "gt.json").string() + " " + (folder / "known.json").string();
  const std::string svg = (folder / "chart.svg").string();
  const std::vector<std::pair<std::string, std::string>> analyses = {
      {"confusion " + files + " --svg " + svg, "matrix"},
      {"errors " + files + " --svg " + svg, "types"},
      {"compare " + files + " " + (folder / "known.json").string() + " --svg " + svg, "interval"},
      {"images " + files, "best"}};
  for (const auto& [analysis, key] : analyses) {
    const Outcome outcome = run("analyze " + analysis + " --json -");
    EXPECT_EQ(outcome.status, 0) << analysis << outcome.err;
    EXPECT_TRUE(nlohmann::json::parse(outcome.out).contains(key)) << analysis;
    EXPECT_EQ(run("analyze " + analysis).status, 0) << analysis;
    if (analysis.find("--svg") == std::string::npos) continue;
    EXPECT_TRUE(run_command("cat " + svg).out.starts_with("<svg ")) << analysis;
    std::filesystem::remove(svg);
  }
}

}  // namespace
}  // namespace detforge::testing_support
