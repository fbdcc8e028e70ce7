#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/run.h"
#include "tests/support/folder.h"

/// No command writes over what it reads: it says so before any work, status 2.
namespace detforge::testing_support {
namespace {

constexpr const char* kAnnotations = R"({"images": [{"id": 1, "file_name": "a.pgm", "height": 48, "width": 64}],
  "categories": [{"id": 1, "name": "cat"}],
  "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "area": 100, "iscrowd": 0, "bbox": [1, 2, 10, 10]}]})";

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(InputGuard, EveryCommandKeepsWhatItReads) {
  const Folder folder{{"all.json", kAnnotations}, {"r.json", "[]"}, {"c.py", "a = 1\n"}};
  std::filesystem::create_symlink(folder / "all.json", folder / "link.json");
  const std::string at = folder.path().string() + "/", all = at + "all.json";
  for (const std::string& command : {
           "dataset split " + all + " --out " + at + " --names all val --ratios 0.5 0.5",
           "dataset convert coco " + all + " --from coco --out " + at + "link.json",
           "dataset convert labelme " + all + " --out " + at,
           "dataset stats " + all + " --svg " + all,
           "eval coco " + all + " " + at + "r.json --json " + at + "x/../r.json",
       }) {
    std::filesystem::create_directories(folder / "x");
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.status, 2) << command << '\n' << outcome.err;
    EXPECT_NE(outcome.err.find("is the input: it would be written over"), std::string::npos) << command << '\n' << outcome.err;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_EQ(content(folder / "all.json"), kAnnotations) << command;
    EXPECT_EQ(content(folder / "r.json"), "[]") << command;
  }
}

TEST(InputGuard, ConvertingBackIsRefused) {
  const Folder folder{{"all.json", kAnnotations}};
  const std::string at = folder.path().string() + "/";
  ASSERT_EQ(run("dataset convert voc " + at + "all.json --out " + at + "v").status, 0);
  EXPECT_EQ(run("dataset convert voc " + at + "v --out " + at + "v").status, 2);
  EXPECT_EQ(run("dataset convert voc " + at + "v/ImageSets/Main/train.txt --out " + at + "v").status, 2);
  EXPECT_EQ(run("dataset convert coco " + at + "v --out " + at + "back.json").status, 0);
  // The file that the folder was made of has what the folder lost.
  const Outcome again = run("dataset convert coco " + at + "v --out " + at + "all.json");
  EXPECT_EQ(again.status, 2);
  EXPECT_EQ(again.err, "error: '" + at + "all.json' is there already\n  = help: --overwrite replaces it\n");
  EXPECT_EQ(content(folder / "all.json"), kAnnotations);
  EXPECT_EQ(run("dataset convert coco " + at + "v --overwrite --out " + at + "back.json").status, 0);
}

TEST(InputGuard, PhotosAreNotDrawnOver) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Folder folder;
  const std::string photo = "P6 64 48 255\n" + std::string(3 * 64 * 48, '\x60');
  folder.write("a.ppm", photo);
  const std::string detect = "detect configs/yolox/yolox_nano_8x8_300e_coco.py random " + folder.path().string();
  EXPECT_EQ(run(detect + " --out " + folder.path().string()).status, 2);
  EXPECT_EQ(content(folder / "a.ppm"), photo);
  EXPECT_EQ(run(detect + " --json " + (folder / "a.ppm").string()).status, 2);
  EXPECT_EQ(content(folder / "a.ppm"), photo);
}

}  // namespace
}  // namespace detforge::testing_support
