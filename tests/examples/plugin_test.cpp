#include <gtest/gtest.h>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// A backbone in a shared library that was built outside of the tree.
namespace detforge::testing_support {
namespace {

const std::string plugin = "--plugin '" DETFORGE_EXAMPLES_DIR "/plugin/libplain_net.so' ";
const std::string config = "examples/plugin/plain_yolo.py";

TEST(Plugin, ItsComponentIsBuiltFromAConfig) {
  const Outcome outcome =
      run(plugin + "build " + config + " --part backbone --cfg-options model.backbone.channels=[8,16] model.backbone.num_outs=1");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "PlainNet(\n"
            "  (stage1): ConvModule(\n"
            "    (conv): Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)\n"
            "    (bn): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
            "    (activate): ReLU(inplace=True)\n"
            "  )\n"
            "  (stage2): ConvModule(\n"
            "    (conv): Conv2d(8, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)\n"
            "    (bn): BatchNorm2d(16, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
            "    (activate): ReLU(inplace=True)\n"
            "  )\n"
            ")\n");
}

TEST(Plugin, ItRunsInADetectorOfOurs) {
  const Outcome outcome = run("summary " + config + " --shape 64 96 " + plugin);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("PlainNet"), std::string::npos) << outcome.out;
}

TEST(Plugin, ItIsListedAndShown) {
  EXPECT_NE(run(plugin + "registry list BACKBONES").out.find("'PlainNet': plugin.plain_net.PlainNet"), std::string::npos);
  EXPECT_EQ(run("registry list BACKBONES").out.find("PlainNet"), std::string::npos) << "only where it was asked for";
  EXPECT_NE(run(plugin + "registry show PlainNet").out.find("num_outs: int = 3"), std::string::npos);
}

TEST(Plugin, ItsMistakesAreToldAsOursAre) {
  const Outcome outcome = run(plugin + "build " + config + " --cfg-options model.backbone.num_out=2");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "error: PlainNet has no argument 'num_out'; did you mean 'num_outs'?\n"
            " --> --cfg-options:1:24\n"
            "  |\n"
            "1 | model.backbone.num_out=2\n"
            "  |                        ^\n"
            "  = note: model.backbone\n"
            "  = help: detforge registry show PlainNet lists its arguments\n");
  EXPECT_NE(
      run(plugin + "build " + config + " --cfg-options model.backbone.channels=[8]").err.find("must have at least num_outs = 3 entries"),
      std::string::npos);
}

TEST(Plugin, WithoutItTheComponentIsUnknown) {
  const Outcome outcome = run("build " + config);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: ")) << outcome.err;
  EXPECT_NE(outcome.err.find("'PlainNet'"), std::string::npos) << outcome.err;
}

TEST(Plugin, AFileThatIsNoneIsRefused) {
  EXPECT_EQ(run("build " + config + " --plugin no_such_plugin.so").err, "error: there is no such plug-in\n  --> no_such_plugin.so\n");
  const Folder folder{{"text.so", "no library\n"}};
  const Outcome outcome = run("build " + config + " --plugin " + (folder / "text.so").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.err.starts_with("error: can not load the plug-in: ")) << outcome.err;
}

}  // namespace
}  // namespace detforge::testing_support
