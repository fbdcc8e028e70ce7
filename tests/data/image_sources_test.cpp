#include "detforge/data/image_sources.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "detforge/base/error.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

class ImageSources : public testing::Test {
 protected:
  ImageSources() { fs::create_directories(folder_ / "empty"); }

  std::vector<std::string> names(const std::vector<std::string>& sources) const {
    std::vector<std::string> all;
    for (const ImageSource& source : expand_sources(sources)) {
      all.push_back(source.kind == ImageSource::Kind::Camera
                        ? "camera " + std::to_string(source.camera)
                        : (source.kind == ImageSource::Kind::Video ? "video " : "") + source.path.filename().string());
    }
    return all;
  }

  // One of its own for every test: they run side by side.
  const testing_support::Folder folder_{{"b.JPG", "x"}, {"a.png", "x"}, {"clip.mp4", "x"}, {"notes.txt", "x"}};
};

TEST_F(ImageSources, TakesTheImagesOfAFolderSortedByName) {
  EXPECT_EQ(names({folder_.path()}), (std::vector<std::string>{"a.png", "b.JPG"}));
}

TEST_F(ImageSources, ExpandsPatternsAndDropsRepetitions) {
  EXPECT_EQ(names({folder_ / "b.*", folder_ / "?.*", folder_ / "clip.mp4"}),
            (std::vector<std::string>{"b.JPG", "a.png", "video clip.mp4"}));
}

TEST_F(ImageSources, TakesANumberAsACamera) { EXPECT_EQ(names({"0"}), (std::vector<std::string>{"camera 0"})); }

TEST_F(ImageSources, TakesAnyNamedFileAsAnImage) { EXPECT_EQ(names({folder_ / "notes.txt"}), (std::vector<std::string>{"notes.txt"})); }

TEST_F(ImageSources, NamesWhatIsNotThere) {
  try {
    names({"nowhere.jpg"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "error: there is no image, folder or pattern's match 'nowhere.jpg'\n  --> nowhere.jpg");
  }
  const std::string empty = folder_ / "empty";
  try {
    names({empty});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the folder '" + empty + "' holds no image");
  }
}

}  // namespace
}  // namespace detforge
