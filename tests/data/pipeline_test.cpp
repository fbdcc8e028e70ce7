#include "detforge/data/pipeline.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "detforge/config/config.h"
#include "detforge/media/media.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

Pipeline pipeline_of(const std::string& list) {
  const Config config = Config::from_text("pipeline = " + list, ".py");
  return Pipeline::from_config(config["pipeline"], {Reference::V2_8, "pipeline"});
}

std::vector<Sample> run(const std::string& list, const cv::Mat& frame) {
  NumpyRandom random(0);
  return pipeline_of(list).run(frame, random);
}

cv::Mat pattern(int rows, int cols, int type = CV_8UC3) {
  cv::Mat image(rows, cols, type);
  cv::randu(image, 0, 256);
  return image;
}

constexpr const char* kDetect =
    "[dict(type='LoadImageFromFile'), dict(type='MultiScaleFlipAug', img_scale=(40, 24), flip=False, transforms=["
    "dict(type='Resize', keep_ratio=True), dict(type='RandomFlip'), dict(type='Normalize', mean=[1, 2, 3], std=[2, 4, 8], to_rgb=True),"
    "dict(type='Pad', size_divisor=32), dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])])]";

TEST(Pipeline, DetectsInAFileAsInAFrame) {
  const Folder folder;
  const cv::Mat image = pattern(11, 23);
  write_image(folder / "a.png", image);
  NumpyRandom random(0);
  const Pipeline pipeline = pipeline_of(kDetect);
  const auto from_file = pipeline.run(folder / "a.png", random);
  const auto from_frame = pipeline.run(image, random);
  ASSERT_EQ(from_file.size(), 1U);
  ASSERT_EQ(from_frame.size(), 1U);
  EXPECT_EQ(cv::norm(from_file[0].image, from_frame[0].image, cv::NORM_INF), 0);
  EXPECT_EQ(from_file[0].meta.filename, (folder / "a.png").string());
  EXPECT_EQ(from_frame[0].meta.filename, "");
  const ImageMeta& meta = from_file[0].meta;
  EXPECT_EQ(meta.ori_shape, (ImageSize{11, 23}));
  EXPECT_EQ(meta.img_shape, (ImageSize{19, 40}));
  EXPECT_EQ(meta.pad_shape, (ImageSize{32, 64}));
  EXPECT_EQ(meta.scale_factor[0], static_cast<float>(40.0 / 23));
  EXPECT_EQ(meta.scale_factor[1], static_cast<float>(19.0 / 11));
  EXPECT_FALSE(meta.flip);
  EXPECT_TRUE(from_file[0].is_formatted);
  EXPECT_EQ(from_file[0].collected, (std::vector<std::string>{"img"}));
}

TEST(Pipeline, KeepsThePhotoAsItWasDecodedWhereAsked) {
  const Folder folder;
  const cv::Mat image = pattern(11, 23);
  write_image(folder / "a.png", image);
  NumpyRandom random(0);
  const auto decoded = [&](const std::string& list, KeepDecoded keep) {
    return pipeline_of(list).run(folder / "a.png", random, keep).front().decoded;
  };
  const auto loading = [](const std::string& how) {
    return "[dict(type='LoadImageFromFile'" + how + "), dict(type='Normalize', mean=[1, 2, 3], std=[2, 4, 8], to_rgb=True)]";
  };
  for (const std::string& list : {std::string(kDetect), loading(""), loading(", to_float32=True"), loading(", color_type='color'")}) {
    const cv::Mat kept = decoded(list, KeepDecoded::Yes);
    ASSERT_EQ(kept.type(), CV_8UC3) << list;
    EXPECT_EQ(cv::norm(kept, image, cv::NORM_INF), 0) << list;
    EXPECT_TRUE(decoded(list, KeepDecoded::No).empty());
  }
  EXPECT_TRUE(decoded(loading(", color_type='unchanged'"), KeepDecoded::Yes).empty()) << "not what a picture is drawn on";
}

TEST(Pipeline, MakesViewsInTheReferencesOrder) {
  const cv::Mat image = pattern(10, 20);
  const auto views =
      run("[dict(type='LoadImageFromWebcam'), dict(type='MultiScaleFlipAug', img_scale=[(20, 10), (40, 20)], flip=True,"
          "flip_direction=['horizontal', 'vertical', 'diagonal'], transforms=[dict(type='Resize'), dict(type='RandomFlip')])]",
          image);
  ASSERT_EQ(views.size(), 8U);
  const std::array<std::string, 4> directions = {"", "horizontal", "vertical", "diagonal"};
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(views[i].meta.flip_direction, directions[i % 4]);
    EXPECT_EQ(views[i].meta.flip, i % 4 != 0);
    EXPECT_EQ(views[i].meta.img_shape, (i < 4 ? ImageSize{10, 20} : ImageSize{20, 40}));
  }
  for (int y = 0; y < 10; ++y) {
    for (int x = 0; x < 20; ++x) {
      const auto pixel = image.at<cv::Vec3b>(y, x);
      ASSERT_EQ(views[0].image.at<cv::Vec3b>(y, x), pixel);
      ASSERT_EQ(views[1].image.at<cv::Vec3b>(y, 19 - x), pixel);
      ASSERT_EQ(views[2].image.at<cv::Vec3b>(9 - y, x), pixel);
      ASSERT_EQ(views[3].image.at<cv::Vec3b>(9 - y, 19 - x), pixel);
    }
  }
}

TEST(Pipeline, LeavesTheCallersFrameAlone) {
  const cv::Mat image = pattern(5, 5, CV_32FC3), before = image.clone();
  run("[dict(type='LoadImageFromWebcam'), dict(type='Normalize', mean=[1, 2, 3], std=[2, 4, 8]), dict(type='RandomFlip', flip_ratio=1.0)]",
      image);
  EXPECT_EQ(cv::norm(image, before, cv::NORM_INF), 0);
}

TEST(Pipeline, ScalesByAFactor) {
  const auto views =
      run("[dict(type='LoadImageFromWebcam'), dict(type='MultiScaleFlipAug', scale_factor=[0.5, 2.0], transforms=[dict(type='Resize')])]",
          pattern(11, 21));
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].meta.img_shape, (ImageSize{5, 10}));
  EXPECT_EQ(views[1].meta.img_shape, (ImageSize{22, 42}));
}

TEST(Pipeline, EnlargesASinglePixel) {
  const auto views = run(kDetect, cv::Mat(1, 1, CV_8UC3, cv::Scalar(9, 10, 11)));
  EXPECT_EQ(views[0].meta.img_shape, (ImageSize{24, 24}));
  EXPECT_EQ(views[0].image.at<cv::Vec3f>(23, 23), cv::Vec3f(5, 2, 0.75F));
  EXPECT_EQ(views[0].image.at<cv::Vec3f>(24, 24), cv::Vec3f(0, 0, 0));
}

TEST(Pipeline, RefusesAnImageThatWouldVanish) {
  EXPECT_THROW(run("[dict(type='LoadImageFromWebcam'), dict(type='Resize', img_scale=(10, 10))]", pattern(1, 1000)), Error);
}

TEST(Normalize, SwapsChannelsFirst) {
  const auto views = run("[dict(type='LoadImageFromWebcam'), dict(type='Normalize', mean=[30, 20, 10], std=[1, 2, 4], to_rgb=True)]",
                         cv::Mat(1, 1, CV_8UC3, cv::Scalar(14, 24, 34)));
  EXPECT_EQ(views[0].image.at<cv::Vec3f>(0, 0), cv::Vec3f(4, 2, 1));
}

/// An 8-bit image is looked up in a table, a float one computed.
TEST(Normalize, GivesEightBitImagesWhatFloatOnesGet) {
  const char* list =
      "[dict(type='LoadImageFromFile'), dict(type='Normalize', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)]";
  const cv::Mat bytes = pattern(67, 41);
  cv::Mat floats;
  bytes.convertTo(floats, CV_32F);
  EXPECT_EQ(cv::norm(run(list, bytes)[0].image, run(list, floats)[0].image, cv::NORM_INF), 0);
}

TEST(Normalize, TakesOneChannel) {
  const auto views = run("[dict(type='LoadImageFromWebcam'), dict(type='Normalize', mean=[4], std=[2], to_rgb=False)]",
                         cv::Mat(2, 2, CV_8UC1, cv::Scalar(10)));
  EXPECT_EQ(views[0].image.at<float>(1, 1), 3);
  EXPECT_THROW(run("[dict(type='LoadImageFromWebcam'), dict(type='Normalize', mean=[4], std=[2], to_rgb=False)]", pattern(2, 2)), Error);
}

TEST(Pad, FillsTheFirstChannelWithASingleNumber) {
  const auto views = run("[dict(type='LoadImageFromWebcam'), dict(type='Pad', size=(2, 3), pad_val=7)]", pattern(1, 1));
  EXPECT_EQ(views[0].image.at<cv::Vec3b>(1, 2), cv::Vec3b(7, 0, 0));
  const auto each =
      run("[dict(type='LoadImageFromWebcam'), dict(type='Pad', pad_to_square=True, pad_val=dict(img=(7, 8, 9)))]", pattern(1, 2));
  EXPECT_EQ(each[0].image.at<cv::Vec3b>(1, 1), cv::Vec3b(7, 8, 9));
  EXPECT_EQ(each[0].meta.pad_shape, (ImageSize{2, 2}));
  EXPECT_EQ(each[0].meta.img_shape, (ImageSize{1, 2}));
}

TEST(Pad, KeepsAnImageThatFits) {
  for (const int side : {31, 32, 33}) {
    const auto views = run("[dict(type='LoadImageFromWebcam'), dict(type='Pad', size_divisor=32)]", pattern(side, 1));
    EXPECT_EQ(views[0].meta.pad_shape, (ImageSize{side > 32 ? 64 : 32, 32}));
  }
  EXPECT_EQ(run("[dict(type='LoadImageFromWebcam'), dict(type='Pad', size=(2, 2))]", pattern(5, 1))[0].meta.pad_shape, (ImageSize{5, 2}));
}

TEST(ToChw, PutsPlanesOneAfterTheOther) {
  cv::Mat image(2, 3, CV_8UC3);
  for (int i = 0; i < 6; ++i)
    image.at<cv::Vec3b>(i / 3, i % 3) =
        cv::Vec3b(static_cast<unsigned char>(i), static_cast<unsigned char>(10 + i), static_cast<unsigned char>(20 + i));
  const std::vector<float> chw = to_chw(image);
  ASSERT_EQ(chw.size(), 18U);
  for (std::size_t i = 0; i < 18; ++i) EXPECT_EQ(chw[i], static_cast<float>(10 * (i / 6) + i % 6));
  const cv::Mat part = image(cv::Rect(1, 0, 2, 2));
  EXPECT_EQ(to_chw(part), (std::vector<float>{1, 2, 4, 5, 11, 12, 14, 15, 21, 22, 24, 25}));
}

struct Mistake {
  const char* transform;
  const char* message;
};

TEST(Pipeline, SaysWhatIsWrongWithAConfig) {
  const Mistake mistakes[] = {
      {"dict(type='Resise')", "Resise"},
      {"dict(type='Resize', img_scale=(3,))", "a scale is a pair of numbers, got (3,)"},
      {"dict(type='Resize', img_scale=(0, 3))", "a scale must be positive, got (0, 3)"},
      {"dict(type='Resize', multiscale_mode='values')", "must be one of 'value', 'range'"},
      {"dict(type='Resize', ratio_range=(0.5, 2.0))", "argument 'ratio_range' of Resize: needs exactly one img_scale"},
      {"dict(type='Resize', backend='pillow')", "must be one of 'cv2'"},
      {"dict(type='Resize', keep_ration=True)", "did you mean 'keep_ratio'?"},
      {"dict(type='RandomFlip', flip_ratio=1.5)", "argument 'flip_ratio' of RandomFlip: must be between 0 and 1"},
      {"dict(type='RandomFlip', flip_ratio=[0.5], direction=['horizontal', 'vertical'])", "must have one entry for each direction"},
      {"dict(type='RandomFlip', direction='sideways')", "must be 'horizontal', 'vertical' or 'diagonal', got 'sideways'"},
      {"dict(type='Normalize', mean=[1, 2, 3], std=[1, 1])", "argument 'std' of Normalize: must have as many entries as mean"},
      {"dict(type='Normalize', mean=[1, 2, 3], std=[1, 0, 1])", "argument 'std' of Normalize: must be positive"},
      {"dict(type='Normalize', mean=[1, 2, 3])", "std"},
      {"dict(type='Pad')", "argument 'size' of Pad: must be given, or else size_divisor or pad_to_square"},
      {"dict(type='Pad', size=(1, 1), size_divisor=2)", "argument 'size_divisor' of Pad: excludes the other ways to give a size"},
      {"dict(type='Pad', size_divisor=0)", "argument 'size_divisor' of Pad: must be at least 1"},
      {"dict(type='Pad', size_divisor=1, pad_val='0')", "must be a number, one to four of them, or a dict of such"},
      {"dict(type='LoadImageFromFile', color_type='colour')", "expected one of 'color', 'grayscale'"},
      {"dict(type='LoadImageFromFile', file_client_args=dict(backend='ceph'))", "can only read from 'disk', got backend 'ceph'"},
      {"dict(type='MultiScaleFlipAug', transforms=[])", "exactly one of img_scale and scale_factor must be given"},
      {"dict(type='MultiScaleFlipAug', img_scale=(1, 1), transforms=[dict(type='Pad')])", "transforms[0]"},
      {"dict(type='Collect')", "keys"},
      {"3", "pipeline[0]"},
  };
  const Folder folder;
  for (const Mistake& mistake : mistakes) {
    folder.write("a.py", std::string("pipeline = [\n    ") + mistake.transform + ",\n]\n");
    const Config config = Config::from_file(folder / "a.py");
    try {
      Pipeline::from_config(config["pipeline"], {Reference::V2_8, "pipeline"});
      ADD_FAILURE() << mistake.transform << " is taken";
    } catch (const Error& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(mistake.message), std::string::npos) << text;
      EXPECT_NE(text.find("a.py:2:"), std::string::npos) << text;
      EXPECT_NE(text.find("pipeline[0]"), std::string::npos) << text;
    }
  }
  EXPECT_THROW(pipeline_of("[]"), Error);
  EXPECT_THROW(pipeline_of("dict(type='Pad')"), Error);
}

TEST(Pipeline, SaysWhichFileCanNotBeRead) {
  const Folder folder({{"a.jpg", "no image"}});
  NumpyRandom random(0);
  try {
    pipeline_of(kDetect).run(folder / "a.jpg", random);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              "error: can not decode the image: it is damaged or of an unknown format\n  --> " + (folder / "a.jpg").string());
  }
}

}  // namespace
}  // namespace detforge
