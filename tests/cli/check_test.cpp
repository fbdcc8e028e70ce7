#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/support/folder.h"
#include "tests/support/paths.h"

/// `detforge check`: each finding with its place and what to do.
namespace detforge::testing_support {
namespace {

constexpr const char* kAnnotations = R"({"images": [{"id": 1, "file_name": "a.pgm", "height": 48, "width": 64}],
  "categories": [{"id": 5, "name": "person"}],
  "annotations": [{"id": 1, "image_id": 1, "category_id": 5, "area": 300, "iscrowd": 0, "bbox": [10, 10, 20, 15]}]})";

/// A folder with data, and YOLOX-Nano's config on it; `model` changes the model.
class Project {
 public:
  explicit Project(const std::string& model = "bbox_head=dict(num_classes=1)") {
    folder.write("a.pgm", "P5 64 48 255\n" + std::string(64 * 48, '\x60'));
    folder.write("ann.json", kAnnotations);
    const std::string pipeline =
        "[dict(type='LoadImageFromFile'), dict(type='Resize', img_scale=(64, 64)), dict(type='Collect', keys=['img'])]";
    const std::string dataset = "dict(_delete_=True, type='CocoDataset', ann_file='" + (folder / "ann.json").string() + "', img_prefix='" +
                                folder.path().string() + "', classes=['person'], pipeline=" + pipeline + ")";
    folder.write("mine.py", "_base_ = '" + source() + "'\nmodel = dict(" + model + ")\ndata = dict(train=" + dataset + ", val=" + dataset +
                                ", test=" + dataset + ")\n");
  }

  static std::string source() { return (source_dir() / "configs/yolox/yolox_nano_8x8_300e_coco.py").string(); }
  Outcome check(const std::string& more = "") const { return run("check " + (folder / "mine.py").string() + " " + more); }

  Folder folder;
};

TEST(CheckCommand, IsContentWithWhatWorks) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Outcome outcome = Project().check();
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out, "nothing is wrong\n");
}

TEST(CheckCommand, FindsAHeadWithOtherClassesThanTheData) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project("bbox_head=dict(num_classes=3)");
  const Outcome outcome = project.check();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out,
            "error: the head has 3 classes, the dataset 1\n"
            " --> " +
                (project.folder / "mine.py").string() +
                ":2:41\n"
                "  |\n"
                "2 | model = dict(bbox_head=dict(num_classes=3))\n"
                "  |                                         ^\n"
                "  = note: model.bbox_head.num_classes\n"
                "  = help: set model.bbox_head.num_classes=1, or the dataset's 'classes'\n\n"
                "1 finding\n");
}

TEST(CheckCommand, ReportsEverythingAtOnce) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project("bbox_head=dict(num_clases=1)");
  const Outcome outcome = project.check(
      "--cfg-options data.train.ann_file=none.json data.val.img_prefix=nowhere data.test.pipeline.1.img_scale=0 load_from=x.pth");
  EXPECT_EQ(outcome.status, 1);
  for (const char* text : {"did you mean 'num_classes'?", "none.json", "there is no folder 'nowhere'", "'img_scale'",
                           "there is no file 'x.pth'", "the head has 80 classes, the dataset 1", "6 findings\n"}) {
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << "\n" << outcome.out;
  }
}

TEST(CheckCommand, TellsWhereAMissingFileIsNamed) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project;
  project.folder.write("lost.py", "_base_ = './mine.py'\ndata = dict(test=dict(data_root='/none/', ann_file='x.json', img_prefix=''))\n");
  const Outcome outcome = run("check " + (project.folder / "lost.py").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out,
            "error: there is no file '/none/x.json'\n"
            " --> " +
                (project.folder / "lost.py").string() +
                ":2:52\n"
                "  |\n"
                "2 | data = dict(test=dict(data_root='/none/', ann_file='x.json', img_prefix=''))\n"
                "  |                                                    ^^^^^^^^\n"
                "  = note: data.test.ann_file\n"
                "  = help: --cfg-options data.test.ann_file=… names another\n\n"
                "error: there is no folder '/none/'\n"
                " --> " +
                (project.folder / "lost.py").string() +
                ":2:73\n"
                "  |\n"
                "2 | data = dict(test=dict(data_root='/none/', ann_file='x.json', img_prefix=''))\n"
                "  |                                                                         ^^\n"
                "  = note: data.test.img_prefix\n"
                "  = help: --cfg-options data.test.img_prefix=… names another\n\n"
                "2 findings\n");
}

TEST(CheckCommand, FindsImagesThatAreNotThere) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project;
  std::filesystem::remove(project.folder / "a.pgm");
  const Outcome outcome = project.check("--cfg-options data.train=None data.val=None");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.out.starts_with("error: 1 image is not there\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("= note: " + (project.folder / "a.pgm").string() + "\n"), std::string::npos) << outcome.out;
}

TEST(CheckCommand, TakesWrongRecordsForAFinding) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project;
  std::string annotations = kAnnotations;
  project.folder.write("ann.json", annotations.insert(annotations.rfind(']'), R"(, {"id": 2})"));
  const Outcome outcome = project.check("--cfg-options data.train=None data.val=None");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.out.starts_with("error: of the annotations 1 record is left out:\n  annotations[1]: has no ")) << outcome.out;
}

TEST(CheckCommand, ComparesSizesWithThePhotosAndClassesWithTheCategories) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project("bbox_head=dict(num_classes=3)");
  std::string turned = kAnnotations;
  turned.replace(turned.find("\"height\": 48, \"width\": 64"), 25, "\"height\": 64, \"width\": 48");
  project.folder.write("ann.json", turned);
  const Outcome outcome = project.check("--cfg-options \"data.test.classes=['person','bolt','person']\" ");
  EXPECT_EQ(outcome.status, 1);
  for (const char* text :
       {"error: 'classes' names 'person' more than once\n", "1 of the 3 classes is no category of the annotations: 'bolt'",
        "1 of 1 images looked at has another size than the annotations say", "a.pgm: 64x48, its record says 48x64",
        "mend 'width' and 'height'"}) {
    EXPECT_NE(outcome.out.find(text), std::string::npos) << text << "\n" << outcome.out;
  }
}

TEST(CheckCommand, RunsThePipeline) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Project project;
  project.folder.write("a.pgm", "no picture");
  const Outcome outcome = project.check();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("= note: sample 0 of data.train"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("3 findings\n"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace detforge::testing_support
