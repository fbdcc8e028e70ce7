#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "detforge/config/config.h"
#include "detforge/data/pipeline.h"
#include "detforge/media/media.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

Sample annotated(AnnInfo info, ImageSize size = {20, 30}) {
  Sample sample;
  sample.image = cv::Mat(static_cast<int>(size.height), static_cast<int>(size.width), CV_8UC3, cv::Scalar(1, 2, 3));
  sample.img_info = size;
  sample.ann_info = std::make_shared<AnnInfo>(std::move(info));
  return sample;
}

AnnInfo two_objects() {
  AnnInfo info;
  info.bboxes = {{2, 3, 12, 9}, {20, 10, 28, 18}};
  info.labels = {4, 7};
  info.masks = {Polygons{{2, 3, 12, 3, 12, 9, 2, 9}}, rle_from_polygon(std::vector<double>{20, 10, 28, 10, 28, 18, 20, 18}, 20, 30)};
  return info;
}

/// The sample after `LoadImageFromWebcam` and these transforms.
std::vector<Sample> run(const std::string& transforms, Sample sample, Reference reference = Reference::V2_8) {
  const Config config = Config::from_text("pipeline = [dict(type='LoadImageFromWebcam'), " + transforms + "]", ".py");
  NumpyRandom random(0);
  return Pipeline::from_config(config["pipeline"], {reference, "pipeline"}).run(std::move(sample), random);
}

std::string error_of(const std::string& transforms, Sample sample) {
  try {
    run(transforms, std::move(sample));
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(LoadAnnotations, LoadsWhatItIsAskedFor) {
  const Sample boxes = run("dict(type='LoadAnnotations')", annotated(two_objects()))[0];
  EXPECT_EQ(*boxes.gt_bboxes, two_objects().bboxes);
  EXPECT_EQ(*boxes.gt_labels, two_objects().labels);
  EXPECT_TRUE(boxes.gt_bboxes_ignore->empty());
  EXPECT_FALSE(boxes.gt_masks.has_value());
  const Sample masks = run("dict(type='LoadAnnotations', with_bbox=False, with_label=False, with_mask=True)", annotated(two_objects()))[0];
  EXPECT_FALSE(masks.gt_bboxes.has_value());
  EXPECT_FALSE(masks.gt_labels.has_value());
  EXPECT_EQ(masks.gt_masks->areas(), (std::vector<double>{60, 64}));
}

TEST(LoadAnnotations, ReadsTheSemanticMap) {
  const Folder folder;
  const cv::Mat map(20, 30, CV_8UC1, cv::Scalar(9));
  write_image(folder / "map.png", map);
  AnnInfo info;
  info.seg_map = "map.png";
  Sample sample = annotated(info);
  sample.seg_prefix = folder.path().string();
  const Sample loaded = run("dict(type='LoadAnnotations', with_seg=True)", sample)[0];
  EXPECT_EQ(cv::norm(loaded.gt_semantic_seg, map, cv::NORM_INF), 0);
}

TEST(LoadAnnotations, SaysWhatTheSampleLacks) {
  Sample none;
  none.image = cv::Mat(2, 2, CV_8UC3);
  EXPECT_EQ(error_of("dict(type='LoadAnnotations')", none), "the sample has no annotations to load; it comes from no dataset");
  EXPECT_EQ(error_of("dict(type='LoadAnnotations', with_seg=True)", annotated({})), "the dataset has no segmentation map for this image");
  EXPECT_EQ(error_of("dict(type='LoadAnnotations', with_mask=True, poly2mask=False)", annotated(two_objects())),
            "a mask that is no list of polygons needs poly2mask=True");
  AnnInfo without_masks = two_objects();
  without_masks.masks[1] = std::monostate();
  EXPECT_EQ(error_of("dict(type='LoadAnnotations', with_mask=True)", annotated(without_masks)), "an object has no mask");
}

TEST(LoadPanopticAnnotations, ReadsMasksAndClassesOutOfColours) {
  const Folder folder;
  cv::Mat png(4, 5, CV_8UC3, cv::Scalar(0, 0, 0));
  png(cv::Rect(0, 0, 2, 4)) = cv::Scalar(1, 2, 3);   // BGR of the id 3 + 256 * 2 + 65536
  png(cv::Rect(3, 1, 2, 2)) = cv::Scalar(0, 0, 77);  // 77
  write_image(folder / "panoptic.png", png);
  AnnInfo info;
  info.bboxes = {{3, 1, 5, 3}};
  info.labels = {6};
  info.seg_map = "panoptic.png";
  info.segments = {{.id = 66051, .category = 90, .is_thing = false}, {.id = 77, .category = 6, .is_thing = true}};
  Sample sample = annotated(info, {4, 5});
  sample.seg_prefix = folder.path().string();
  const Sample loaded = run("dict(type='LoadPanopticAnnotations')", sample)[0];
  EXPECT_EQ(*loaded.gt_labels, (std::vector<std::int64_t>{6}));
  ASSERT_EQ(loaded.gt_masks->count(), 1U);
  EXPECT_EQ(loaded.gt_masks->boxes()[0], (BoxXyxy{3, 1, 5, 3}));
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 5; ++x) {
      const int wanted = x < 2 ? 90 : x >= 3 && y >= 1 && y < 3 ? 6 : 255;
      EXPECT_EQ(loaded.gt_semantic_seg.at<std::uint8_t>(y, x), wanted) << x << "," << y;
    }
  }
}

TEST(LoadProposals, TakesTheFirstOnesAndMovesThemWithTheImage) {
  Sample sample = annotated({});
  sample.proposals = {{0, 0, 10, 10}, {10, 10, 29, 19}, {1, 1, 2, 2}};
  sample.proposal_scores = {0.9F, 0.8F, 0.7F};
  const Sample loaded =
      run("dict(type='LoadProposals', num_max_proposals=2), dict(type='Resize', img_scale=(60, 40), keep_ratio=False),"
          "dict(type='RandomFlip', flip_ratio=1.0)",
          sample)[0];
  EXPECT_EQ(*loaded.proposals, (std::vector<BoxXyxy>{{40, 0, 60, 20}, {2, 20, 40, 38}}));
  sample.proposals->clear();
  EXPECT_EQ(*run("dict(type='LoadProposals')", sample)[0].proposals, (std::vector<BoxXyxy>{{0, 0, 0, 0}}));
  sample.proposals.reset();
  EXPECT_EQ(error_of("dict(type='LoadProposals')", sample), "the sample has no proposals");
}

TEST(LoadMultiChannelImageFromFiles, PutsFilesIntoChannels) {
  const Folder folder;
  Sample sample;
  for (int c = 0; c < 4; ++c) {
    const auto file = folder / (std::to_string(c) + ".png");
    write_image(file, cv::Mat(3, 5, CV_8UC1, cv::Scalar(10 + c)));
    sample.channel_files.push_back(file.string());
  }
  const Config config = Config::from_text("pipeline = [dict(type='LoadMultiChannelImageFromFiles')]", ".py");
  NumpyRandom random(0);
  const Pipeline pipeline = Pipeline::from_config(config["pipeline"]);
  const Sample loaded = pipeline.run(sample, random)[0];
  EXPECT_EQ(loaded.image.at<cv::Vec4b>(2, 4), cv::Vec4b(10, 11, 12, 13));
  EXPECT_EQ(loaded.meta.ori_shape, (ImageSize{3, 5}));
  write_image(folder / "3.png", cv::Mat(3, 4, CV_8UC1, cv::Scalar(1)));
  EXPECT_THROW(pipeline.run(sample, random), Error);
}

Sample with_map(cv::Mat map) {
  Sample sample = annotated({}, {map.rows, map.cols});
  sample.gt_semantic_seg = std::move(map);
  return sample;
}

TEST(SemanticMap, IsResizedFlippedAndPaddedWithTheImage) {
  cv::Mat map(2, 3, CV_8UC1);
  for (int i = 0; i < 6; ++i) map.at<std::uint8_t>(i / 3, i % 3) = static_cast<std::uint8_t>(i);
  const std::string steps = "dict(type='Resize', img_scale=(6, 4)), dict(type='RandomFlip', flip_ratio=1.0), dict(type='Pad', size=(5, 7))";
  for (const Reference reference : {Reference::V2_8, Reference::V2_27}) {
    const cv::Mat after = run(steps, with_map(map), reference)[0].gt_semantic_seg;
    ASSERT_EQ(after.size(), cv::Size(7, 5));
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 7; ++x) {
        const int outside = reference == Reference::V2_8 ? 0 : 255;
        EXPECT_EQ(after.at<std::uint8_t>(y, x), x < 6 && y < 4 ? map.at<std::uint8_t>(y / 2, 2 - x / 2) : outside) << x << "," << y;
      }
    }
  }
  EXPECT_EQ(run("dict(type='Pad', size=(3, 3), pad_val=dict(seg=7))", with_map(map))[0].gt_semantic_seg.at<std::uint8_t>(2, 2), 7);
}

TEST(SegRescale, MakesTheMapSmallerAndLeavesTheImage) {
  const Sample after = run("dict(type='SegRescale', scale_factor=1 / 8)", with_map(cv::Mat(33, 52, CV_8UC1, cv::Scalar(3))))[0];
  EXPECT_EQ(after.gt_semantic_seg.size(), cv::Size(7, 4));
  EXPECT_EQ(after.image.size(), cv::Size(52, 33));
  EXPECT_THROW(run("dict(type='SegRescale', scale_factor=0.01)", with_map(cv::Mat(33, 52, CV_8UC1))), Error);
}

TEST(FilterAnnotations, LeavesOutSmallObjectsAndDropsWhatIsLeftEmpty) {
  const std::string load = "dict(type='LoadAnnotations', with_mask=True), ";
  const auto some = run(load + "dict(type='FilterAnnotations', min_gt_bbox_wh=(9, 5))", annotated(two_objects()));
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(*some[0].gt_labels, (std::vector<std::int64_t>{4}));
  EXPECT_EQ(some[0].gt_masks->areas(), (std::vector<double>{60}));
  EXPECT_TRUE(run(load + "dict(type='FilterAnnotations', min_gt_bbox_wh=(10, 5))", annotated(two_objects())).empty());
  // v2.27 keeps samples without objects, and with keep_empty=False all of them.
  EXPECT_TRUE(run(load + "dict(type='FilterAnnotations', min_gt_bbox_wh=(1, 1))", annotated({})).empty());
  EXPECT_EQ(run(load + "dict(type='FilterAnnotations')", annotated({}), Reference::V2_27).size(), 1U);
  EXPECT_EQ(
      run(load + "dict(type='FilterAnnotations', min_gt_bbox_wh=(99, 99), keep_empty=False)", annotated(two_objects()), Reference::V2_27)
          .size(),
      1U);
  const auto by_mask = run(load + "dict(type='FilterAnnotations', by_box=False, by_mask=True, min_gt_mask_area=61)",
                           annotated(two_objects()), Reference::V2_27);
  EXPECT_EQ(*by_mask[0].gt_labels, (std::vector<std::int64_t>{7}));
  EXPECT_THROW(run("dict(type='FilterAnnotations')", annotated({})), Error) << "v2.8 requires min_gt_bbox_wh";
}

TEST(Format, FindsTheKeysThatAModelNeeds) {
  const std::string keys = "keys=['img', 'gt_bboxes', 'gt_labels', 'gt_masks']";
  const Sample collected = run("dict(type='LoadAnnotations', with_mask=True), dict(type='DefaultFormatBundle'), dict(type='Collect', " +
                                   keys + "), dict(type='WrapFieldsToLists')",
                               annotated(two_objects()))[0];
  EXPECT_EQ(collected.collected.size(), 4U);
  EXPECT_EQ(error_of("dict(type='Collect', " + keys + ")", annotated(two_objects())), "Collect finds no 'gt_bboxes' in the sample");
  EXPECT_EQ(error_of("dict(type='ToTensor', keys=['proposals'])", annotated({})), "ToTensor finds no 'proposals' in the sample");
  EXPECT_EQ(error_of("dict(type='ToDataContainer')", annotated({})), "ToDataContainer finds no 'gt_bboxes' in the sample");
}

TEST(Transpose, SwapsTheSides) {
  EXPECT_EQ(run("dict(type='Transpose', keys=['img'], order=(1, 0, 2))", annotated({}))[0].image.size(), cv::Size(20, 30));
  EXPECT_TRUE(run("dict(type='Transpose', keys=['img'], order=(2, 0, 1))", annotated({}))[0].is_formatted);
  EXPECT_THROW(run("dict(type='Transpose', keys=['img'], order=(1, 2, 0))", annotated({})), Error);
}

}  // namespace
}  // namespace detforge
