#include "detforge/data/interchange/labeled_images.h"

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "detforge/data/interchange/split_coco.h"
#include "detforge/media/media.h"
#include "tests/data/datasets/build.h"

/// Between formats: what goes out comes back, or is told as lost.
namespace detforge {
namespace {

using testing_support::error_of;
using testing_support::Folder;

/// A box of whole pixels with two polygons, a crowd as RLE, a difficult box.
LabeledImages example() {
  LabeledImages images{{"cat", "dog"}};
  LabeledImage& image = images.images.emplace_back(LabeledImage{"a.jpg", {50, 64}});
  image.objects.push_back({0, {4, 8, 16, 20}, Polygons{{4, 8, 20, 8, 20, 28}, {5, 9, 6, 9, 6, 10}}, {}, false, false});
  image.objects.push_back({1, {0, 0, 2, 2}, rle_from_counts(50, 64, {0, 2, 48, 2, 3148}), {}, true, false});
  image.objects.push_back({1, {1, 2, 3.5, 4}, {}, {}, false, true});
  images.images.push_back({"b.jpg", {10, 20}});
  return images;
}

void expect_boxes(const LabeledImages& images, const std::vector<BoxXywh>& boxes) {
  ASSERT_EQ(images.images.size(), 2U);
  EXPECT_TRUE(images.images[1].objects.empty());
  std::vector<BoxXywh> found;
  for (const LabeledObject& object : images.images[0].objects) found.push_back(object.box);
  EXPECT_EQ(found, boxes);
}

TEST(LabeledImages, ComeBackFromCoco) {
  const Folder folder;
  EXPECT_TRUE(write_coco_images(example(), folder / "a.json").empty());
  const LabeledImages back = read_coco_images(folder / "a.json");
  EXPECT_EQ(back.classes, (std::vector<std::string>{"cat", "dog"}));
  expect_boxes(back, {{4, 8, 16, 20}, {0, 0, 2, 2}, {1, 2, 3.5, 4}});
  const auto& objects = back.images[0].objects;
  EXPECT_EQ(std::get<Polygons>(objects[0].mask).size(), 2U);
  EXPECT_EQ(std::get<Rle>(objects[1].mask), rle_from_counts(50, 64, {0, 2, 48, 2, 3148}));
  EXPECT_TRUE(objects[1].is_crowd);
  EXPECT_EQ(objects[1].area, 4);
  EXPECT_TRUE(objects[2].is_difficult);
  EXPECT_EQ(objects[2].area, 14);
  EXPECT_EQ(back.images[1].size, (ImageSize{10, 20}));
  EXPECT_TRUE(back.findings.empty());
}

TEST(LabeledImages, ComeBackFromVocInWholePixels) {
  const Folder folder;
  const ConversionLosses losses = write_voc_images(example(), folder.path(), "train");
  EXPECT_EQ(losses, (ConversionLosses{{"crowds (difficult now)", 1}, {"fractions of pixels", 1}, {"masks", 2}}));
  const LabeledImages back = read_voc_images(folder / "ImageSets/Main/train.txt");
  expect_boxes(back, {{4, 8, 16, 20}, {0, 0, 2, 2}, {1, 2, 4, 4}});
  EXPECT_TRUE(back.images[0].objects[1].is_difficult);
  const auto dataset =
      testing_support::dataset_of(folder.path(), "type='XMLDataset', ann_file='ImageSets/Main/train.txt', classes=['cat']");
  EXPECT_EQ(dataset->annotations(0).bboxes, (std::vector<BoxXyxy>{{4, 8, 20, 28}})) << "MMDetection reads the same box";
}

TEST(LabeledImages, ComeBackFromYoloWithoutCrowds) {
  const Folder folder;
  const ConversionLosses losses = write_yolo_images(example(), folder.path());
  EXPECT_EQ(losses, (ConversionLosses{{"crowds", 1}, {"difficult objects (ordinary ones now)", 1}, {"masks", 1}}));
  write_image(folder / "a.jpg", cv::Mat(50, 64, CV_8UC3, cv::Scalar(0)));
  write_image(folder / "b.jpg", cv::Mat(10, 20, CV_8UC3, cv::Scalar(0)));
  const LabeledImages back = read_yolo_images(folder / "labels", folder.path(), {});
  EXPECT_EQ(back.classes, (std::vector<std::string>{"cat", "dog"}));
  ASSERT_EQ(back.images[0].objects.size(), 2U);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(back.images[0].objects[1].box[k], (BoxXywh{1, 2, 3.5, 4}[k]), 1e-12);
  EXPECT_EQ(read_yolo_images(folder.path(), folder.path(), {}).images.size(), back.images.size()) << "the folder that was written";
}

TEST(LabeledImages, ComeBackFromLabelme) {
  const Folder folder;
  const ConversionLosses losses = write_labelme_images(example(), folder.path());
  EXPECT_EQ(losses,
            (ConversionLosses{
                {"crowds (ordinary objects now)", 1}, {"difficult objects (ordinary ones now)", 1}, {"masks that are no polygons", 1}}));
  const LabeledImages back = read_labelme_images(folder.path());
  expect_boxes(back, {{4, 8, 16, 20}, {0, 0, 2, 2}, {1, 2, 3.5, 4}});
  EXPECT_EQ(std::get<Polygons>(back.images[0].objects[0].mask).size(), 2U) << "one group is one object";
}

TEST(LabeledImages, WrongRecordsAreFound) {
  const Folder folder({{"labels/a.txt", "0 0.5 0.5 0.1\n7 0.5 0.5 0.1 0.1\n0 a\n0 0.1 0.1 0.5 0.1 0.5 0.5\n"},
                       {"labels/z.txt", ""},
                       {"me/a.json", R"({"imagePath": "a.jpg", "imageHeight": 5, "imageWidth": 5, "shapes": [
                            {"label": "x", "shape_type": "circle", "points": [[1, 2], [3, 4]]},
                            {"label": "x", "shape_type": "polygon", "points": [[1, 2], [3, 4]]}]})"},
                       {"me/b.json", "{"}});
  write_image(folder / "a.jpg", cv::Mat(50, 64, CV_8UC3, cv::Scalar(0)));
  const LabeledImages yolo = read_yolo_images(folder / "labels", folder.path(), {"x"});
  ASSERT_EQ(yolo.images.size(), 1U);
  EXPECT_EQ(yolo.findings.skipped(), 4U);
  EXPECT_NE(yolo.findings.text().find("labels/a.txt:2: the label is that of no class"), std::string::npos) << yolo.findings.text();
  ASSERT_EQ(yolo.images[0].objects.size(), 1U) << "the polygon";
  const LabeledImages labelme = read_labelme_images(folder / "me");
  EXPECT_EQ(labelme.findings.skipped(), 3U);
  EXPECT_NE(labelme.findings.text().find("a.json: shapes[0].shape_type: is neither a polygon nor a rectangle"), std::string::npos)
      << labelme.findings.text();
  EXPECT_EQ(error_of([&] { read_yolo_images(folder / "labels", folder.path(), {}); }),
            "there is no classes.txt in the folder or above it @ " + (folder / "labels").string());
}

TEST(LabeledImages, OfOneNameCanNotHaveTwoFiles) {
  LabeledImages images = example();
  images.images[1].file_name = "other/a.png";
  const Folder folder;
  EXPECT_EQ(error_of([&] { write_voc_images(images, folder.path(), "train"); }),
            "'a.jpg' and 'other/a.png' would have one annotation file");
}

TEST(SplitCoco, KeepsRecordsAsTheyAre) {
  const auto document = JsonDocument::parse(
      R"({"info": {"a \" b": 1.25}, "images": [{"id": 5, "x": [1e-7, 12345678901]}, {"id": 3}],
          "annotations": [{"image_id": 3, "category_id": 1}, {"image_id": 5, "category_id": 2, "area": 0.1}, {"image_id": 9, "category_id": 2}]})",
      "a.json");
  EXPECT_EQ(coco_categories_by_image(document), (std::vector<std::vector<std::int64_t>>{{2}, {1}}));
  const std::vector<std::string> parts = split_coco(document, std::vector<std::size_t>{1, 0}, 2);
  using nlohmann::json;
  EXPECT_EQ(json::parse(parts[0]),
            json::parse(R"({"info": {"a \" b": 1.25}, "images": [{"id": 3}], "annotations": [{"image_id": 3, "category_id": 1}]})"));
  EXPECT_EQ(json::parse(parts[1]), json::parse(R"({"info": {"a \" b": 1.25}, "images": [{"id": 5, "x": [1e-7, 12345678901]}],
                            "annotations": [{"image_id": 5, "category_id": 2, "area": 0.1}]})"));
}

}  // namespace
}  // namespace detforge
