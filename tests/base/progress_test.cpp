#include "detforge/base/progress.h"

#include <gtest/gtest.h>

#include <sstream>

namespace detforge {
namespace {

TEST(Progress, TellsCountRateAndTimeLeft) {
  EXPECT_EQ(progress_text(12, 80, "images", 1.5), "12/80 images, 8.0/s, 8 s left");
  EXPECT_EQ(progress_text(80, 80, "images", 10), "80/80 images, 8.0/s, 0 s left");
  EXPECT_EQ(progress_text(3, 0, "frames", 1), "3 frames, 3.0/s");
  EXPECT_EQ(progress_text(0, 5, "images", 0), "0/5 images, 0.0/s, 0 s left");
}

TEST(Progress, WritesOnlyWhereItIsShownAndWipesItsLine) {
  std::ostringstream hidden;
  { Progress(hidden, false, "images", 2).advance(); }
  EXPECT_EQ(hidden.str(), "");
  std::ostringstream shown;
  { Progress(shown, true, "images", 2).advance(); }
  EXPECT_NE(shown.str().find("1/2 images"), std::string::npos);
  EXPECT_TRUE(shown.str().ends_with("\r\x1B[K"));
}

}  // namespace
}  // namespace detforge
