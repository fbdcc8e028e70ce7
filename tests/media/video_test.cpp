#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "detforge/base/error.h"
#include "detforge/media/media.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

TEST(Video, ComesBackFrameByFrame) {
  const Folder folder;
  const auto file = folder / "a 100%.mp4";
  auto writer = create_video(file, 10, {48, 64});
  for (int i = 0; i < 5; ++i) writer->write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(40 * i)));
  EXPECT_FALSE(std::filesystem::exists(file)) << "half a video stands at its path";
  writer->finish();

  auto reader = open_video(file);
  EXPECT_EQ(reader->size(), (ImageSize{48, 64}));
  EXPECT_DOUBLE_EQ(reader->fps(), 10);
  EXPECT_EQ(reader->frames(), 5);
  cv::Mat frame;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(reader->read(frame)) << i;
    ASSERT_EQ(frame.type(), CV_8UC3);
    EXPECT_NEAR(cv::mean(frame)[0], 40 * i, 6) << i;
  }
  EXPECT_FALSE(reader->read(frame));
}

TEST(Video, LeavesNothingWhenItIsNotFinished) {
  const Folder folder;
  create_video(folder / "a.mp4", 10, {48, 64})->write(cv::Mat::zeros(48, 64, CV_8UC3));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Video, RefusesWhatDoesNotFit) {
  const Folder folder({{"text.mp4", "no video"}});
  EXPECT_THROW(open_video(folder / "none.mp4"), Error);
  EXPECT_THROW(open_video(folder / "text.mp4"), Error);
  EXPECT_THROW(create_video(folder / "a.mp4", 0, {48, 64}), Error);
  EXPECT_THROW(create_video(folder / "a.mp4", 10, {0, 64}), Error);
  EXPECT_THROW(create_video(folder / "none" / "a.mp4", 10, {48, 64}), Error);
  auto writer = create_video(folder / "a.mp4", 10, {48, 64});
  EXPECT_THROW(writer->write(cv::Mat::zeros(64, 48, CV_8UC3)), Error);
  EXPECT_THROW(writer->write(cv::Mat::zeros(48, 64, CV_8UC1)), Error);
}

TEST(Video, SaysWhichCameraIsMissing) { EXPECT_THROW(open_camera(987), Error); }

}  // namespace
}  // namespace detforge
