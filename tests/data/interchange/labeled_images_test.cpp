#include "detforge/data/interchange/labeled_images.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "detforge/data/formats/voc_xml.h"
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
                            {"label": "x", "shape_type": "line", "points": [[1, 2], [3, 4]]},
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
  EXPECT_NE(
      labelme.findings.text().find("a.json: shapes[0].shape_type: is 'line', which is neither a polygon nor a rectangle nor a circle"),
      std::string::npos)
      << labelme.findings.text();
  EXPECT_EQ(error_of([&] { read_yolo_images(folder / "labels", folder.path(), {}); }),
            "there is no classes.txt in the folder or above it, and no YAML file with 'names' @ " + (folder / "labels").string());
}

void write_photo(const Folder& folder, const std::string& file) {
  std::filesystem::create_directories((folder / file).parent_path());
  write_image(folder / file, cv::Mat(48, 64, CV_8UC3, cv::Scalar(90, 90, 90)));
}

std::vector<BoxXywh> boxes_of(const LabeledImage& image) {
  std::vector<BoxXywh> boxes;
  for (const LabeledObject& object : image.objects) boxes.push_back(object.box);
  return boxes;
}

/// The findings without the folder.
std::string told(const LabeledImages& images, const Folder& folder) {
  std::string text = images.findings.text();
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
  return text;
}

TEST(YoloImages, AreAllPicturesWithTheirTextFilesOrWithout) {
  const Folder folder({{"data.yaml", "nc: 2\nnames: {0: bolt, 1: nut}\n"},
                       {"labels/train/a.txt",
                        "\xEF\xBB\xBF"
                        "0.0 0.5 0.5 0.25 0.25\r\n"},
                       {"labels/val/a.txt", "1 0.5 0.5 0.5 0.5\n"}});
  for (const char* file : {"images/train/a.jpg", "images/val/a.WEBP", "images/val/b.tif", "images/c.JPEG"}) write_photo(folder, file);
  const LabeledImages images = read_yolo_images(folder.path(), folder / "images", {});
  EXPECT_EQ(images.classes, (std::vector<std::string>{"bolt", "nut"}));
  ASSERT_EQ(images.images.size(), 4U);
  EXPECT_EQ(images.images[0].file_name, "c.JPEG");
  EXPECT_EQ(images.images[1].file_name, "train/a.jpg");
  EXPECT_EQ(boxes_of(images.images[1]), (std::vector<BoxXywh>{{24, 18, 16, 12}}));
  EXPECT_EQ(boxes_of(images.images[2]), (std::vector<BoxXywh>{{16, 12, 32, 24}}));
  EXPECT_EQ(images.images[2].objects[0].label, 1U);
  EXPECT_EQ(told(images, folder), "images without a text file have no objects (2): c.JPEG, val/b.tif\n");
  const LabeledImages part = read_yolo_images(folder / "labels/train", folder / "images/train", {});
  EXPECT_EQ(part.classes, images.classes) << "two folders up";
  EXPECT_EQ(part.images.size(), 1U);
}

TEST(YoloImages, OfOneSplitLieBesideTheirTextFiles) {
  const Folder folder({{"data.yaml", "names: [bolt]\n"}, {"train/labels/a.txt", "0 0.5 0.5 0.25 0.25\n"}});
  write_photo(folder, "train/images/a.jpg");
  const LabeledImages images = read_yolo_images(folder.path(), folder.path(), {});
  ASSERT_EQ(images.images.size(), 1U);
  EXPECT_EQ(images.images[0].objects.size(), 1U);
}

TEST(YoloImages, WhereNoTextFileHasAPictureAreRefused) {
  const Folder folder({{"labels/a.txt", "0 0.5 0.5 0.25 0.25\n"}});
  write_photo(folder, "images/b.jpg");
  EXPECT_EQ(error_of([&] { read_yolo_images(folder.path(), folder / "images", {"x"}); }),
            "there is no image 'a' in " + (folder / "images").string() + " @ " + (folder / "labels/a.txt").string());
}

TEST(VocImages, TakeTheSizeOfThePictureAndTurnBoxesRound) {
  const auto xml = [](const std::string& size, const std::string& box) {
    return "<annotation>" + size + "<object><name>bolt</name><bndbox>" + box + "</bndbox></object></annotation>";
  };
  const std::string box = "<xmin>+8</xmin><ymin> 8.7 </ymin><xmax>30</xmax><ymax>24</ymax>";
  const Folder folder({{"Annotations/a.xml", xml("", box)},
                       {"Annotations/b.xml", xml("<size><width>0</width><height>0</height></size>", box)},
                       {"Annotations/c.xml", xml("", "<xmin>30</xmin><ymin>24</ymin><xmax>8</xmax><ymax>8</ymax>")},
                       {"Annotations/d.xml", xml("<size><width>64</width><height>48</height></size>",
                                                 "<xmin>8,5</xmin><ymin>8px</ymin><xmax>30</xmax><ymax>24</ymax>")},
                       {"Annotations/e.xml",
                        "<annotation><size><width>64</width><height>48</height></size><object><name>nut</name><difficult>Unspecified"
                        "</difficult><bndbox>" +
                            box + "</bndbox></object></annotation>"},
                       {"ImageSets/Main/bolt_all.txt",
                        "\xEF\xBB\xBF"
                        "a  1\nb.jpg\nJPEGImages/c.png\nd -1\ne\n"}});
  for (const char* file : {"JPEGImages/a.jpg", "JPEGImages/b.png"}) write_photo(folder, file);
  const LabeledImages images = read_voc_images(folder / "ImageSets/Main/bolt_all.txt");
  ASSERT_EQ(images.images.size(), 5U);
  EXPECT_EQ(boxes_of(images.images[4]), (std::vector<BoxXywh>{{7, 7, 22, 16}}));
  EXPECT_EQ(images.images[0].size, (ImageSize{48, 64}));
  EXPECT_EQ(images.images[1].size, (ImageSize{48, 64}));
  EXPECT_EQ(images.images[1].file_name, "b.png");
  EXPECT_EQ(images.images[2].size, ImageSize());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(boxes_of(images.images[i]), (std::vector<BoxXywh>{{7, 7, 22, 16}})) << i;
  EXPECT_TRUE(images.images[3].objects.empty());
  EXPECT_EQ(told(images, folder),
            "1 record is left out:\n  Annotations/d.xml: object[0]: 'xmin' is no number: '8,5'\n"
            "images without a size in the annotations get that of their picture (2): Annotations/a.xml, Annotations/b.xml\n"
            "images have no size in the annotations, and no picture that could be asked: 0 × 0 (1): Annotations/c.xml\n"
            "boxes have their corners swapped; they are turned round (1): Annotations/c.xml: object[0]\n"
            "'difficult' is no number: 'Unspecified'; the object counts as an ordinary one (1): Annotations/e.xml: object[0]\n");
}

TEST(VocImages, OfWhichNoneCanBeReadAreNamed) {
  const Folder folder({{"ImageSets/Main/a.txt", "nowhere\n"}});
  const std::string missing = (folder / "Annotations/nowhere.xml").string();
  EXPECT_EQ(error_of([&] { voc_class_names(folder / "ImageSets/Main/a.txt"); }),
            "cannot read '" + missing + "': No such file or directory @ " + missing);
}

/// A LabelMe file of a picture 64 × 48 with these shapes.
std::string labelme(const std::string& shapes, const std::string& rest = R"("imagePath": "a.jpg", "imageHeight": 48, "imageWidth": 64)") {
  return R"({"shapes": [)" + shapes + "], " + rest + "}";
}

TEST(LabelmeImages, OfOneGroupAreOneObject) {
  const std::string first = R"({"label": "x", "group_id": 1, "shape_type": "rectangle", "points": [[8, 8], [30, 24]]})";
  const std::string second = R"({"label": "x", "group_id": 1, "shape_type": "rectangle", "points": [[50, 40], [40, 30]]})";
  const std::string polygon = R"({"label": "x", "group_id": 1, "points": [[40, 30], [50, 30], [50, 40]]})";
  const std::string other = R"({"label": "x", "group_id": "1", "shape_type": "rectangle", "points": [[0, 0], [2, 2]]})";
  const Folder folder({{"a.json", labelme(first + "," + second)}, {"b.json", labelme(first + "," + polygon + "," + other)}});
  const LabeledImages images = read_labelme_images(folder.path());
  EXPECT_EQ(boxes_of(images.images[0]), (std::vector<BoxXywh>{{8, 8, 42, 32}}));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(images.images[0].objects[0].mask));
  EXPECT_EQ(boxes_of(images.images[1]), (std::vector<BoxXywh>{{8, 8, 42, 32}, {0, 0, 2, 2}}));
  EXPECT_EQ(std::get<Polygons>(images.images[1].objects[0].mask), (Polygons{{8, 8, 30, 8, 30, 24, 8, 24}, {40, 30, 50, 30, 50, 40}}));
}

TEST(LabelmeImages, OfOldFilesAndOfCircles) {
  const Folder folder({{"ds/a.json", labelme(R"({"label": 3, "shape_type": "circle", "points": [[20, 20], [25, 20]]})")},
                       {"ds/b.json", labelme(R"({"label": "x", "points": [[8, 8], [30, 8], [30, 24]]})",
                                             R"("imagePath": "..\\img\\b.jpg", "imageHeight": null)")},
                       {"ds/c.json", "\xEF\xBB\xBF" + labelme("", R"("version": "3.0")")},
                       {"ds/d.json", labelme(R"({"label": "x", "shape_type": "rotation", "points": [[8, 8], [30, 8], [30, 24]]})")}});
  for (const char* file : {"img/b.jpg", "ds/c.png", "ds/e.png"}) write_photo(folder, file);
  const LabeledImages images = read_labelme_images(folder / "ds");
  ASSERT_EQ(images.images.size(), 4U) << images.findings.text();
  EXPECT_EQ(images.classes, (std::vector<std::string>{"3", "x"}));
  EXPECT_EQ(boxes_of(images.images[0]), (std::vector<BoxXywh>{{15, 15, 10, 10}}));
  const std::vector<double> circle = std::get<Polygons>(images.images[0].objects[0].mask)[0];
  for (std::size_t i = 0; i < circle.size(); i += 2) EXPECT_NEAR(std::hypot(circle[i] - 20, circle[i + 1] - 20), 5, 1e-9);
  EXPECT_EQ(images.images[1].file_name, "../img/b.jpg");
  EXPECT_EQ(images.images[1].size, (ImageSize{48, 64}));
  EXPECT_EQ(std::get<Polygons>(images.images[1].objects[0].mask), (Polygons{{8, 8, 30, 8, 30, 24}}));
  EXPECT_EQ(images.images[2].file_name, "c.png");
  EXPECT_EQ(told(images, folder),
            "1 record is left out:\n"
            "  ds/d.json: shapes[0].shape_type: is 'rotation', which is neither a polygon nor a rectangle nor a circle\n"
            "paths have backslashes, as on Windows; slashes now (1): ds/b.json\n"
            "images without a size in the annotations get that of their picture (2): ds/b.json, ds/c.json\n"
            "files without 'imagePath' are of the picture with their name (1): ds/c.json\n"
            "pictures without a LabelMe file are left out (1): ds/e.png\n");
}

TEST(CocoImages, KeepWhatBoxesNeed) {
  const Folder folder({{"a.json", R"({"images": [{"id": "x", "file_name": "in\\a.jpg"}], "categories": [{"id": "c", "name": "cat"}],
      "annotations": [{"id": 1, "image_id": "x", "category_id": "c", "bbox": [1, 2, 3, 4], "segmentation": "none"},
                      {"id": 2, "image_id": "x", "category_id": "c", "bbox": [9, 2, -3, 4], "area": 1}]})"}});
  write_photo(folder, "in/a.jpg");
  const LabeledImages images = read_coco_images(folder / "a.json");
  ASSERT_EQ(images.images.size(), 1U);
  EXPECT_EQ(images.images[0].file_name, "in/a.jpg");
  EXPECT_EQ(images.images[0].size, (ImageSize{48, 64}));
  EXPECT_EQ(boxes_of(images.images[0]), (std::vector<BoxXywh>{{1, 2, 3, 4}}));
  EXPECT_EQ(images.images[0].objects[0].area, 12);
  EXPECT_EQ(told(images, folder),
            "1 record is left out:\n  annotations[1].bbox: has a negative width or height (in a.json)\n"
            "file names have backslashes, as on Windows; slashes now (1): images[0] in a.json\n"
            "images without a size in the annotations get that of their picture (1): images[0]\n"
            "annotations without 'area' get width × height (1): annotations[0] in a.json\n"
            "masks that can not be read are left out, their boxes stay (1): annotations[0].segmentation (must be a list, not a text) in "
            "a.json\n");
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
  EXPECT_EQ(coco_categories_by_image(document), (std::vector<std::vector<std::int64_t>>{{1}, {0}}));
  AnnotationFindings findings;
  const std::vector<std::string> parts = split_coco(document, std::vector<std::size_t>{1, 0}, 2, findings);
  EXPECT_EQ(findings.text(), "annotations of images that the file does not describe are left out (1): annotations[2] in a.json\n");
  using nlohmann::json;
  EXPECT_EQ(json::parse(parts[0]),
            json::parse(R"({"info": {"a \" b": 1.25}, "images": [{"id": 3}], "annotations": [{"image_id": 3, "category_id": 1}]})"));
  EXPECT_EQ(json::parse(parts[1]), json::parse(R"({"info": {"a \" b": 1.25}, "images": [{"id": 5, "x": [1e-7, 12345678901]}],
                            "annotations": [{"image_id": 5, "category_id": 2, "area": 0.1}]})"));
}

}  // namespace
}  // namespace detforge
