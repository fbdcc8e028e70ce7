#include "detforge/base/input_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "detforge/base/error.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

namespace fs = std::filesystem;

TEST(InputFiles, KnowsAFileByWhatItIs) {
  const testing_support::Folder folder{{"a.json", "{}"}, {"other.json", "{}"}, {"sub/b.JSON", "{}"}};
  fs::create_symlink(folder / "a.json", folder / "link.json");
  fs::create_hard_link(folder / "a.json", folder / "hard.json");
  InputFiles inputs;
  inputs.add(folder / "a.json");
  for (const fs::path& name : {folder / "a.json", folder / "sub/../a.json", folder / "link.json", folder / "hard.json"}) {
    EXPECT_THROW(inputs.refuse(name), Error) << name;
  }
  EXPECT_NO_THROW(inputs.refuse(folder / "other.json"));
  EXPECT_NO_THROW(inputs.refuse(folder / "new.json"));
  EXPECT_NO_THROW(inputs.refuse(folder / "sub"));
  EXPECT_NO_THROW(inputs.refuse("-"));
  EXPECT_THROW(inputs.refuse_folder(folder.path()), Error);
  EXPECT_NO_THROW(inputs.refuse_folder(folder / "sub"));
  inputs.add_folder(folder.path(), ".json");
  EXPECT_THROW(inputs.refuse(folder / "sub/b.JSON"), Error);
}

TEST(InputFiles, SaysWhichFileAndHowItIsRead) {
  const testing_support::Folder folder{{"a.json", "{}"}};
  const std::string file = folder / "a.json", link = folder / "link.json";
  fs::create_symlink(file, link);
  InputFiles inputs;
  inputs.add(file);
  try {
    inputs.refuse(link);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Usage);
    EXPECT_EQ(std::string(error.what()), "error: '" + link + "' is the input: it would be written over\n  = note: it is read as '" + file +
                                             "'\n  = help: name another place for the output");
  }
}

}  // namespace
}  // namespace detforge
