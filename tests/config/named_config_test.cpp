#include "detforge/config/named_config.h"

#include <gtest/gtest.h>

#include "tests/support/folder.h"

/// Where the config lies that another one names by a path, as a student's config names its teacher's.
namespace detforge {
namespace {

using testing_support::Folder;
using testing_support::Variable;

TEST(NamedConfig, LiesBelowAFolderAboveTheConfigThatNamesIt) {
  const Folder folder;
  folder.write("configs/gfl/teacher.py", "x = 1\n");
  folder.write("configs/ld/student.py", "teacher = 'configs/gfl/teacher.py'\n");
  const Config student = Config::from_file(folder / "configs/ld/student.py");
  EXPECT_EQ(named_config(student["teacher"])["x"], Value(1));
}

TEST(NamedConfig, LiesBesideAFolderOfTheConfigPath) {
  const Folder folder;
  folder.write("configs/gfl/teacher.py", "x = 2\n");
  const Variable variable("DETFORGE_CONFIG_PATH", (folder / "configs").string().c_str());
  EXPECT_EQ(named_config("configs/gfl/teacher.py")["x"], Value(2));
  EXPECT_EQ(named_config("gfl/teacher.py")["x"], Value(2));
}

TEST(NamedConfig, ThatIsNowhereIsAnErrorAtItsPlace) {
  const Config student = Config::from_text("teacher = 'configs/no/teacher.py'\n", ".py");
  try {
    named_config(student["teacher"]);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "error: there is no config 'configs/no/teacher.py'\n"
                 " --> <text>:1:11\n"
                 "  |\n"
                 "1 | teacher = 'configs/no/teacher.py'\n"
                 "  |           ^^^^^^^^^^^^^^^^^^^^^^^\n"
                 "  = help: it is looked for from the working folder, the folders above it, and those above this config");
  }
}

}  // namespace
}  // namespace detforge
