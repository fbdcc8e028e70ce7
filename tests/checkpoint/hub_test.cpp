#include "detforge/checkpoint/hub.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "detforge/base/error.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

/// Two folders of weights: files whose content is "weights\n", with the hash 1b465fa6….
class Hub : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) / (std::string("hub_") + test->name());
    fs::remove_all(root_);
    for (const char* folder : {"own/detectron2", "cache"}) fs::create_directories(root_ / folder);
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string put(const std::string& name) const {
    std::ofstream(root_ / name) << "weights\n";
    return (root_ / name).string();
  }
  std::string find(const std::string& source) const { return find_checkpoint(source, {root_ / "own", root_ / "cache"}).string(); }
  std::string message_of(const std::string& source) const {
    try {
      return "found " + find(source);
    } catch (const Error& error) {
      std::string text = error.diagnostics().front().message;
      for (const std::string& note : error.diagnostics().front().notes) text += "\n" + note;
      return text;
    }
  }

  fs::path root_;
};

TEST_F(Hub, TakesAPathAsItIs) {
  EXPECT_EQ(find(put("own/anything.pth")), root_ / "own/anything.pth");
  EXPECT_EQ(message_of("no/such.pth"), "there is no such file");
}

TEST_F(Hub, LooksForTheLastPartOfAUrlInEachFolderInTurn) {
  const std::string url = "https://download.pytorch.org/models/resnet50-1b465fa6.pth?x=1";
  EXPECT_EQ(find((put("cache/resnet50-1b465fa6.pth"), url)), root_ / "cache/resnet50-1b465fa6.pth");
  EXPECT_EQ(find((put("own/resnet50-1b465fa6.pth"), url)), root_ / "own/resnet50-1b465fa6.pth");
}

TEST_F(Hub, KnowsNamesByTheirHashes) {
  put("cache/resnet50-1b465fa6.pth");
  put("cache/resnet50-notahash.pth");
  put("cache/resnet50_v1c-1b465fa6.pth");
  EXPECT_EQ(find("torchvision://resnet50"), root_ / "cache/resnet50-1b465fa6.pth");
  EXPECT_EQ(find("modelzoo://resnet50"), root_ / "cache/resnet50-1b465fa6.pth");
  EXPECT_EQ(find("open-mmlab://resnet50_v1c"), root_ / "cache/resnet50_v1c-1b465fa6.pth");
  put("own/detectron2/resnet50_caffe-1b465fa6.pth");
  EXPECT_EQ(find("open-mmlab://detectron2/resnet50_caffe"), root_ / "own/detectron2/resnet50_caffe-1b465fa6.pth");
}

TEST_F(Hub, RefusesAFileWhoseHashIsNotThatOfItsName) {
  const std::string path = put("own/resnet50-0a1b2c3d.pth");
  EXPECT_EQ(message_of("torchvision://resnet50"), "the file's SHA-256 begins with 1b465fa6, its name says 0a1b2c3d");
}

TEST_F(Hub, SaysWhatItWantedAndWhereItLooked) {
  const std::string places = "\nlooked in " + (root_ / "own").string() + "\nlooked in " + (root_ / "cache").string();
  EXPECT_EQ(message_of("torchvision://resnet50"),
            "the weights 'torchvision://resnet50' are not on this machine: 'resnet50-<8 digits of its SHA-256>.pth' is wanted" + places);
  EXPECT_EQ(message_of("open-mmlab://detectron2/resnet50_caffe"),
            "the weights 'open-mmlab://detectron2/resnet50_caffe' are not on this machine: 'resnet50_msra-5891d200.pth' or "
            "'resnet50_caffe-<8 digits of its SHA-256>.pth' or 'detectron2/resnet50_caffe-<8 digits of its SHA-256>.pth' is wanted" +
                places);
  EXPECT_EQ(message_of("s3://bucket/x.pth"), "'s3://bucket/x.pth' is no place that weights are looked up from");
}

TEST_F(Hub, AsksWhichOfSeveralFilesIsMeant) {
  put("own/resnet50-1b465fa6.pth");
  put("own/resnet50-00000000.pth");
  EXPECT_EQ(message_of("torchvision://resnet50"), "'torchvision://resnet50' may be several files\n" +
                                                      (root_ / "own/resnet50-00000000.pth").string() + "\n" +
                                                      (root_ / "own/resnet50-1b465fa6.pth").string());
}

TEST_F(Hub, FindsItsFoldersInTheEnvironment) {
  const auto set = [](const char* name, const char* value) { ASSERT_EQ(value != nullptr ? setenv(name, value, 1) : unsetenv(name), 0); };
  const char* const home = std::getenv("HOME");
  set("DETFORGE_HUB", "/a::/b/c");
  set("TORCH_HOME", nullptr);
  set("XDG_CACHE_HOME", nullptr);
  set("HOME", "/home/me");
  EXPECT_EQ(hub_folders(), (std::vector<fs::path>{"/a", "/b/c", "/home/me/.cache/torch/hub/checkpoints"}));
  set("XDG_CACHE_HOME", "/x");
  EXPECT_EQ(hub_folders().back(), "/x/torch/hub/checkpoints");
  set("TORCH_HOME", "/t");
  EXPECT_EQ(hub_folders().back(), "/t/hub/checkpoints");
  set("DETFORGE_HUB", nullptr);
  EXPECT_EQ(hub_folders().size(), 1U);
  set("TORCH_HOME", nullptr);
  set("XDG_CACHE_HOME", nullptr);
  set("HOME", home);
}

}  // namespace
}  // namespace detforge
