#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <set>

#include "detforge/base/files.h"
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

/// Small photos whose detections differ.
void write_photos(const Folder& folder, int count) {
  for (int i = 0; i < count; ++i) {
    std::string pixels;
    for (int p = 0; p < 64 * 48; ++p) pixels += static_cast<char>((p / 64 * (i + 3) + p % 64 * 5) % 256);
    folder.write("photos/" + std::to_string(i) + ".pgm", "P5 64 48 255\n" + pixels);
  }
}

std::string detect_command(const Folder& folder, const std::string& json) {
  return "detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + (folder / "photos").string() +
         " --cfg-options 'data.test.pipeline.1.img_scale=(64,64)' --score-thr 0.01 --out " + (folder / "drawn").string() + " --json " +
         (folder / json).string();
}

std::string text_of(const std::filesystem::path& file) { return read_file(file, 1U << 28U); }

/// The complete lines of a file that is being written.
std::size_t lines_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return 0;
  const std::string text = text_of(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Runs the program and sends it a signal once a few photos are in the partial file.
Outcome signalled(const std::string& arguments, const std::filesystem::path& partial, const std::string& signal) {
  return run_command("{ " + (build_dir() / "detforge").string() + " " + arguments + " & pid=$!; while [ $(cat " + partial.string() +
                     " 2>/dev/null | wc -l) -lt 5 ] && kill -0 $pid; do sleep 0.005; done; kill -" + signal + " $pid; wait $pid; }");
}

TEST(Detect, GoesOnWhereItWasKilled) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  constexpr int photos = 60;
  write_photos(folder, photos);
  ASSERT_EQ(run(detect_command(folder, "whole.json")).status, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "whole.json.partial"));
  const std::filesystem::path partial = folder / "whole.json.partial";
  std::filesystem::rename(folder / "whole.json", folder / "expected.json");
  std::filesystem::rename(folder / "drawn", folder / "expected");

  const Outcome killed = signalled(detect_command(folder, "whole.json"), partial, "KILL");
  EXPECT_EQ(killed.status, 137) << killed.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "whole.json"));
  const std::size_t done = lines_of(partial) - 1;
  ASSERT_GE(done, 4U);
  ASSERT_LT(done, static_cast<std::size_t>(photos));
  // As if the machine had stopped in the middle of a line.
  std::ofstream(partial, std::ios::app) << R"({"image":59,"boxes":[[1)";

  const Outcome rest = run(detect_command(folder, "whole.json") + " --continue");
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(rest.err, "note: the weights bring no class names: data.test's 80 are used\nnote: " + std::to_string(done) + " of " +
                          std::to_string(photos) + " images are done already\n");
  EXPECT_EQ(text_of(folder / "whole.json"), text_of(folder / "expected.json"));
  EXPECT_GT(text_of(folder / "whole.json").size(), 1000U);
  EXPECT_FALSE(std::filesystem::exists(partial));
  for (int i = 0; i < photos; ++i) {
    const std::string name = std::to_string(i) + ".png";
    EXPECT_EQ(text_of(folder / "drawn" / name), text_of(folder / "expected" / name)) << name;
  }
}

TEST(Detect, LosesOneImageAloneToAnErrorAndFindsItLater) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  write_photos(folder, 4);
  ASSERT_EQ(run(detect_command(folder, "expected.json")).status, 0);
  const std::string good = text_of(folder / "photos/1.pgm");
  folder.write("photos/1.pgm", "no picture");
  for (const char* batch : {" --batch 1", " --batch 3"}) {
    const Outcome broken = run(detect_command(folder, "found.json") + batch);
    EXPECT_EQ(broken.status, 1);
    EXPECT_NE(broken.err.find("1.pgm"), std::string::npos) << broken.err;
    EXPECT_NE(text_of(folder / "found.json").find("3.pgm"), std::string::npos);
    EXPECT_EQ(text_of(folder / "found.json").find("1.pgm"), std::string::npos);
    EXPECT_EQ(lines_of(folder / "found.json.partial"), 4U) << "a header and three photos";
  }
  folder.write("photos/1.pgm", good);
  const Outcome mended = run(detect_command(folder, "found.json") + " --continue");
  EXPECT_EQ(mended.status, 0) << mended.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "found.json.partial"));
  const auto parsed = [&](const std::string& json) { return nlohmann::json::parse(text_of(folder / json)); };
  const auto found = parsed("found.json"), expected = parsed("expected.json");
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i]["file_name"], expected[i]["file_name"]);
    EXPECT_NEAR(found[i]["score"].get<double>(), expected[i]["score"].get<double>(), 1e-5);
  }
}

TEST(Detect, AStopKeepsWhatWasFound) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  constexpr int photos = 60;
  write_photos(folder, photos);
  const std::filesystem::path partial = folder / "found.json.partial";
  const Outcome stopped = signalled(detect_command(folder, "found.json"), partial, "TERM");
  EXPECT_EQ(stopped.status, 143) << stopped.err;
  EXPECT_NE(stopped.err.find("note: stopped before the end; what was detected until then is there"), std::string::npos) << stopped.err;
  const auto found = nlohmann::json::parse(text_of(folder / "found.json"));
  std::set<std::string> files;
  for (const auto& one : found) files.insert(one["file_name"].get<std::string>());
  EXPECT_EQ(files.size(), lines_of(partial) - 1) << "every photo of the partial file is in the list";
  EXPECT_LT(files.size(), static_cast<std::size_t>(photos));
  EXPECT_EQ(run(detect_command(folder, "found.json") + " --continue").status, 0);
  EXPECT_GT(nlohmann::json::parse(text_of(folder / "found.json")).size(), found.size());
}

TEST(Detect, RefusesToGoOnFromAnotherRun) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  write_photos(folder, 2);
  folder.write("photos/broken.pgm", "no picture");
  ASSERT_EQ(run(detect_command(folder, "found.json")).status, 1);
  const Outcome other = run(detect_command(folder, "found.json") + " --continue --seed 5");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("error: these results are of another config, checkpoint or dataset"), std::string::npos) << other.err;
  EXPECT_EQ(run("detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + (folder / "photos").string() + " --continue").err,
            "error: --continue needs --json FILE, beside which the results of the earlier run lie\n");
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
