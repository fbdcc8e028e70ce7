#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// The program as a user meets it: exit statuses, where what is written, whole texts of errors.
namespace detforge::testing_support {
namespace {

TEST(Program, EveryCommandHasHelpWithAnExample) {
  for (const char* command :
       {"", "config print", "config diff", "config schema", "registry list", "registry show", "registry docs", "build", "summary", "detect",
        "test", "check", "checkpoint show", "checkpoint convert", "info", "completion"}) {
    const Outcome outcome = run(std::string(command) + " --help");
    EXPECT_EQ(outcome.status, 0) << command;
    EXPECT_NE(outcome.out.find("Example:"), std::string::npos) << command;
    EXPECT_EQ(outcome.err, "") << command;
  }
}

TEST(Program, AnOptionWithoutEqualsIsAWrongCommandLine) {
  const Outcome outcome = run("config print configs/yolo/yolov5.py --cfg-options model");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "error: 'model' has no '='\n"
            " --> --cfg-options:1:1\n"
            "  |\n"
            "1 | model\n"
            "  | ^^^^^\n"
            "  = help: write KEY=VALUE, as in model.backbone.depth=50\n");
}

TEST(Program, AMissingFileGivesStatusOne) {
  const Outcome outcome = run("config print no_such_file.py");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("no_such_file.py"), std::string::npos);
}

TEST(Program, PrintsAConfigAsPythonDoes) {
  const Outcome outcome = run("config print configs/yolo/yolov5.py --format repr");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with("Config (path: configs/yolo/yolov5.py): {'checkpoint_config': {'interval': 1}, ")) << outcome.out;
}

TEST(Program, SaysWhereEachKeyWasSet) {
  const Outcome outcome = run("config print configs/yolo/yolov3_1.py --origin --cfg-options log_level=DEBUG");
  EXPECT_NE(outcome.out.find("configs/yolo/yolov3_1.py:4  "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("model.bbox_head.num_classes = 1\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("--cfg-options:1 "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("default_runtime.py:1 "), std::string::npos) << outcome.out;
}

TEST(Program, ShowsWhatAnotherConfigHasInstead) {
  const Outcome outcome = run("config diff configs/yolo/yolov3.py configs/yolo/yolov3_1.py");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "~ model.bbox_head.num_classes = 80 -> 1\n");
}

TEST(Program, AConfigWithoutModelSaysWhatIsMissing) {
  const Folder folder{{"empty.py", "a = 1\n"}};
  const Outcome outcome = run("build " + (folder / "empty.py").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: the config has no 'model'\n  --> " + (folder / "empty.py").string() +
                             "\n  = help: add model=dict(type=…, backbone=dict(…), …) at the top level of it\n");
}

TEST(Program, AConfigOfVersion3IsNamedAsSuch) {
  const Folder folder{{"new.py", "model = dict(type='RTMDet')\ntrain_dataloader = dict(batch_size=2)\n"}};
  EXPECT_EQ(run("config print " + (folder / "new.py").string()).status, 0);
  const Outcome outcome = run("build " + (folder / "new.py").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("MMDetection 3.x"), std::string::npos) << outcome.err;
}

TEST(Program, AMistakeInTheModelPointsAtItsPlace) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Outcome outcome = run("build configs/yolo/yolov5.py --cfg-options model.neck.num_scale=3");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "error: YOLOV3Neck has no argument 'num_scale'; did you mean 'num_scales'?\n"
            " --> --cfg-options:1:22\n"
            "  |\n"
            "1 | model.neck.num_scale=3\n"
            "  |                      ^\n"
            "  = note: model.neck\n"
            "  = help: detforge registry show YOLOV3Neck lists its arguments\n");
}

TEST(Program, BuildsAPartOfAModel) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  EXPECT_TRUE(run("build configs/yolo/yolov5.py --part backbone").out.starts_with("CSPDarknet(\n"));
  EXPECT_TRUE(run("build configs/yolo/yolov5.py --part neck").out.starts_with("YOLOV3Neck(\n"));
  EXPECT_EQ(run("build configs/yolo/yolov5.py --part bbox_head.loss_cls").out, "CrossEntropyLoss()\n");
  const Outcome wrong = run("build configs/yolo/yolov5.py --part bbox_haed");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.err, "error: the model has no part 'bbox_haed'; did you mean 'bbox_head'?\n");
}

TEST(Program, FollowsTheReferenceThatIsAskedFor) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  EXPECT_EQ(run("build configs/yolo/yolov5.py --part bbox_head.loss_cls --reference v2.27").out,
            "CrossEntropyLoss(avg_non_ignore=False)\n");
  EXPECT_EQ(run("build configs/yolo/yolov5.py --part bbox_head.loss_cls --cfg-options reference=v2.27").out,
            "CrossEntropyLoss(avg_non_ignore=False)\n");
  EXPECT_EQ(run("build configs/yolo/yolov5.py --cfg-options reference=v3").status, 1);
}

TEST(Program, WritesTheReferenceThatLiesInDocs) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  EXPECT_EQ(run("registry docs | diff - docs/components.md").out, "") << "write it again: detforge registry docs > docs/components.md";
}

TEST(Program, ListsRegistriesAndComponents) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  EXPECT_NE(run("registry list").out.find("BACKBONES  "), std::string::npos);
  EXPECT_NE(run("registry list NECKS").out.find("'YOLOV3Neck': mmdet.models.necks.yolo_neck.YOLOV3Neck"), std::string::npos);
  EXPECT_EQ(run("registry list NECK").err,
            "error: there is no registry 'NECK'; did you mean 'NECKS'?\n  = help: detforge registry list shows them\n");
  EXPECT_NE(run("registry docs NECKS").out.find("\n### YOLOV3Neck\n\n`mmdet.models.necks.yolo_neck.YOLOV3Neck`: "), std::string::npos);
  const Outcome both = run("registry show CSPDarknet");
  EXPECT_NE(both.out.find("deepen_factor: float = 1.0"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("gd: float = 1.0"), std::string::npos) << both.out;
}

TEST(Program, CompletionScriptsParseInTheirShell) {
  const Folder folder;
  const std::string script = (folder / "script").string();
  EXPECT_EQ(run("completion bash >" + script + " && bash -n " + script).status, 0);
  EXPECT_NE(run("completion fish").out.find("__fish_seen_subcommand_from config"), std::string::npos);
}

}  // namespace
}  // namespace detforge::testing_support
