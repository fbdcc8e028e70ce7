#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/run.h"
#include "tests/support/folder.h"
#include "tests/support/paths.h"

/// A project that finds the installed package and uses the core alone.
namespace detforge::testing_support {
namespace {

const std::string consumer = "'" DETFORGE_EXAMPLES_DIR "/consumer/consumer' ";

TEST(Consumer, PrintsTheChangedConfigAsTheProgramDoes) {
  const std::string arguments = "configs/yolo/yolov5.py";
  const Outcome outcome = run_command(consumer + arguments + " model.backbone.gd=0.33 model.neck.in_channels=1,2,3");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, run("config print " + arguments + " --cfg-options model.backbone.gd=0.33 model.neck.in_channels=1,2,3").out);
  EXPECT_NE(outcome.out.find("gd=0.33"), std::string::npos) << outcome.out;
}

TEST(Consumer, CatchesTheErrorThatTheProgramPrints) {
  const Outcome outcome = run_command(consumer + "no_such_file.py");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, run("config print no_such_file.py").err);
  EXPECT_TRUE(outcome.err.starts_with("error: ")) << outcome.err;
}

// Once the library of the codecs was installed only under its versioned name, by which nobody opens it.
TEST(Consumer, ReadsAnImageWithTheInstalledCodecs) {
  const Folder folder{{"image.ppm", "P6 3 2 255\n" + std::string(18, '\x7f')}};
  const std::string image = (folder / "image.ppm").string();
  const Outcome outcome = run_command(consumer + "--image '" + image + "'");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "3 x 2\n");
  const Outcome traced = run_command("LD_DEBUG=files " + consumer + "--image '" + image + "'");
  EXPECT_NE(traced.err.find(DETFORGE_INSTALLED_PREFIX "/lib"), std::string::npos);
  EXPECT_EQ(traced.err.find((build_dir() / "lib/").string()), std::string::npos) << "a library of the build folder was loaded";
}

TEST(Consumer, LinksNoTorch) {
  const Outcome outcome = run_command("ldd '" DETFORGE_EXAMPLES_DIR "/consumer/consumer'");
  EXPECT_NE(outcome.out.find("libdetforge_core.so"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("libtorch"), std::string::npos) << outcome.out;
}

TEST(Consumer, TheInstalledProgramUsesTheInstalledLibraries) {
  const std::string program = DETFORGE_INSTALLED_PREFIX "/bin/detforge";
  EXPECT_EQ(run_command("'" + program + "' --version").out, run("--version").out);
  EXPECT_EQ(run_command("'" + program + "' config print configs/yolo/yolov5.py").out, run("config print configs/yolo/yolov5.py").out);
  const std::string libraries = run_command("ldd '" + program + "'").out;
  EXPECT_NE(libraries.find(std::filesystem::canonical(DETFORGE_INSTALLED_PREFIX).string() + "/"), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find((build_dir() / "lib/").string()), std::string::npos) << libraries;
  if (!has_torch()) return;
  EXPECT_EQ(run_command("'" + program + "' build configs/yolo/yolov5.py").out, run("build configs/yolo/yolov5.py").out);
}

TEST(Consumer, TheInstalledConfigsAreThoseOfTheTree) {
  const std::string installed = DETFORGE_INSTALLED_PREFIX "/share/detforge/configs/", config = "yolo/yolov5.py";
  EXPECT_EQ(run_command("'" DETFORGE_INSTALLED_PREFIX "/bin/detforge' config print '" + installed + config + "'").out,
            run("config print configs/" + config).out);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_dir() / "configs")) {
    const auto relative = std::filesystem::relative(entry.path(), source_dir() / "configs");
    EXPECT_TRUE(std::filesystem::exists(installed / relative)) << relative << " is not installed";
  }
}

}  // namespace
}  // namespace detforge::testing_support
