#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/run.h"
#include "tests/support/folder.h"
#include "tests/support/paths.h"

/// Where the program writes, and that what it writes can be read again.
namespace detforge::testing_support {
namespace {

TEST(Output, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const Outcome outcome = run_command("('" + (build_dir() / "detforge").string() + "' config print configs/yolo/yolov5.py >/dev/full)");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: can not write the results to stdout\n");
}

TEST(Output, EveryPrintedFormReadsBackEqual) {
  const std::string config = "configs/yolox/yolox_s_8x8_300e_coco.py";
  const std::string before = run("config print " + config + " --format json").out;
  ASSERT_GT(before.size(), 1000U);
  const Folder folder;
  for (const std::string format : {"py", "json", "yaml"}) {
    folder.write("copy." + format, run("config print " + config + " --format " + format).out);
    const Outcome copy = run("config print " + (folder / ("copy." + format)).string() + " --format json");
    EXPECT_EQ(copy.err, "") << format;
    EXPECT_TRUE(copy.out == before) << format << " reads back as\n" << copy.out;
  }
  EXPECT_EQ(run("config diff " + config + " " + (folder / "copy.py").string()).out, "") << "tuples stay tuples";
}

TEST(Output, NotesGoToStderrUnlessQuiet) {
  const Folder folder{{"deprecated.py", "_deprecation_ = dict(expected='new.py', reference='the changelog')\na = 1\n"}};
  const std::string config = (folder / "deprecated.py").string();
  const Outcome noted = run("config print " + config);
  EXPECT_EQ(noted.status, 0);
  EXPECT_TRUE(noted.err.starts_with("note: ")) << noted.err;
  EXPECT_NE(noted.err.find("new.py"), std::string::npos) << noted.err;
  const Outcome quiet = run("config print --quiet " + config);
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(quiet.out, noted.out);
}

TEST(Output, ACheckpointThatIsNoneIsNamed) {
  const Folder folder{{"text.pth", "no checkpoint\n"}, {"empty.pth", ""}};
  const std::string missing = (folder / "missing.pth").string();
  const Outcome outcome = run("checkpoint show " + missing);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "error: can not open the file: No such file or directory\n  --> " + missing + "\n");
  const std::string text = (folder / "text.pth").string();
  EXPECT_EQ(run("checkpoint show " + text).err,
            "error: this is no checkpoint: neither torch's formats nor safetensors begin so\n  --> " + text + "\n");
  for (const char* name : {"text.pth", "empty.pth", "."}) {
    const Outcome wrong = run("checkpoint show " + (folder / name).string());
    EXPECT_EQ(wrong.status, 1) << name;
    EXPECT_EQ(wrong.out, "") << name;
    EXPECT_TRUE(wrong.err.starts_with("error: ")) << wrong.err;
    EXPECT_NE(wrong.err.find(folder.path().string()), std::string::npos) << wrong.err;
  }
}

TEST(Output, InfoSaysWhatABugReportNeeds) {
  const Outcome outcome = run("info");
  EXPECT_EQ(outcome.status, 0);
  for (const char* key : {"detforge    ", "compiler    ", "OpenCV      ", "CPU         ", "cores       ", "libtorch    "}) {
    EXPECT_NE(outcome.out.find(key), std::string::npos) << key;
  }
  if (!has_torch()) return;
  EXPECT_NE(run("info --threads 1").out.find("\nthreads     1\n"), std::string::npos);
}

TEST(Output, AnInterruptedCommandSaysSoByItsStatus) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const std::string slow = "'" + (build_dir() / "detforge").string() + "' summary configs/yolo/yolov5.py --shape 2048 2048";
  const Outcome outcome = run_command("timeout --preserve-status -s INT 0.5 " + slow);
  EXPECT_EQ(outcome.status, 130);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "");
}

TEST(Output, TheVersionIsTheLibrarys) {
  const Outcome outcome = run("--version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.starts_with("detforge 0.")) << outcome.out;
  EXPECT_NE(run("info").out.find("detforge    " + outcome.out.substr(sizeof("detforge ") - 1)), std::string::npos);
}

}  // namespace
}  // namespace detforge::testing_support
