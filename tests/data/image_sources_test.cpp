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

TEST_F(ImageSources, KnowsVideosByTheirBytes) {
  const std::string packet = "\x47" + std::string(187, 'x');
  folder_.write("a.dat", std::string("\0\0\0\x18", 4) + "ftypisom");
  folder_.write("b.ts", packet + packet + packet);
  folder_.write("c", "FLV\x01 and more");
  folder_.write("d.txt", std::string("\x30\x26\xB2\x75\x8E\x66\xCF\x11", 8) + "more");
  folder_.write("e.WMV", "x");
  folder_.write("f.avif", std::string("\0\0\0\x18", 4) + "ftypavif");
  EXPECT_EQ(names({folder_ / "a.dat", folder_ / "b.ts", folder_ / "c", folder_ / "d.txt", folder_ / "e.WMV", folder_ / "f.avif"}),
            (std::vector<std::string>{"video a.dat", "video b.ts", "video c", "video d.txt", "video e.WMV", "f.avif"}));
  EXPECT_TRUE(has_video_extension("result.MP4"));
  EXPECT_FALSE(has_video_extension("drawn"));
}

TEST_F(ImageSources, NamesASourceThatGivesNothing) {
  const std::string link = folder_ / "gone.jpg", pattern = folder_ / "emp*";
  fs::create_symlink("nowhere.jpg", link);
  for (const auto& [source, message] : {std::pair(link, "'" + link + "' is a link to nothing"),
                                        std::pair(pattern, "the pattern '" + pattern + "' matches no file, only folders")}) {
    try {
      names({folder_ / "a.png", source});
      FAIL() << source;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), message);
      EXPECT_EQ(error.kind(), ErrorKind::Input);
    }
  }
}

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
