#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "detforge/media/media.h"
#include "tests/cli/run.h"
#include "tests/support/folder.h"
#include "tests/support/paths.h"

namespace detforge::testing_support {
namespace {

TEST(Detect, ReadsAllImagesThatCanBeRead) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder{{"broken.jpg", "no picture"}};
  // A PGM picture is easily written by hand.
  folder.write("good.pgm", "P5 64 48 255\n" + std::string(64 * 48, '\x60'));
  const std::string json = (folder / "found.json").string();
  const Outcome outcome = run("detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + folder.path().string() + " --json " + json +
                              " --out " + (folder / "drawn").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("broken.jpg"), std::string::npos) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(json));
  EXPECT_TRUE(std::filesystem::exists(folder / "drawn/good.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "drawn/broken.jpg"));
}

TEST(Detect, SaysWhatTheConfigLacks) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  folder.write("good.pgm", "P5 64 48 255\n" + std::string(64 * 48, '\x60'));
  const Outcome outcome = run("detect configs/yolo/yolov5.py random " + (folder / "good.pgm").string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("error: the config has no 'data', which says how images are prepared for the model\n"), std::string::npos)
      << outcome.err;
}

TEST(Detect, AVideoCanNotHoldTheResultsOfPhotos) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  folder.write("good.pgm", "P5 64 48 255\n" + std::string(64 * 48, '\x60'));
  EXPECT_EQ(run("detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + (folder / "good.pgm").string() + " --out x.mp4").status, 2);
}

TEST(Detect, CtrlCEndsACameraAndKeepsWhatWasDetected) {
  const std::filesystem::path camera = build_dir() / "lib/libvirtual_camera.so";
  if (!std::filesystem::exists(camera)) GTEST_SKIP() << "built without Torch or with sanitizers";
  const Folder folder;
  const std::filesystem::path video = folder / "seen.mp4", json = folder / "seen.json";
  const Outcome outcome =
      run_command("VIRTUAL_CAMERA_SIGTERM_AT=6 LD_PRELOAD=" + camera.string() + " " + (build_dir() / "detforge").string() +
                  " detect configs/yolox/yolox_nano_8x8_300e_coco.py random 0 --out " + video.string() + " --json " + json.string());
  EXPECT_EQ(outcome.status, 143) << outcome.err;
  EXPECT_NE(outcome.err.find("note: stopped before the end"), std::string::npos) << outcome.err;
  EXPECT_TRUE(std::filesystem::exists(json));
  const auto reader = open_video(video);
  EXPECT_EQ(reader->size(), (ImageSize{48, 64}));
  // OpenCV may keep the first picture to itself.
  EXPECT_GE(reader->frames(), 5);
  EXPECT_LE(reader->frames(), 7);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2) << "half a video is left behind";
}

}  // namespace
}  // namespace detforge::testing_support
