#include "detforge/eval/voc/voc_annotations.h"

#include <gtest/gtest.h>

#include <functional>

#include "detforge/base/error.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

std::string object(const std::string& name, const std::string& difficult, const std::string& xmin) {
  return "<object><name>" + name + "</name><difficult>" + difficult + "</difficult><bndbox><xmin>" + xmin +
         "</xmin><ymin>20</ymin><xmax>30.9</xmax><ymax>40</ymax></bndbox></object>";
}

Folder voc_folder(const std::string& objects) {
  return Folder({{"VOC2007/ImageSets/Main/test.txt", "b\r\na\n\n"},
                 {"VOC2007/Annotations/a.xml", "<annotation/>"},
                 {"VOC2007/Annotations/b.xml", "<annotation>" + objects + "</annotation>"}});
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.diagnostics().front().message + " @ " + error.diagnostics().front().place;
  }
  return "no error";
}

TEST(VocAnnotations, AreReadInTheListsOrder) {
  const Folder folder = voc_folder(object("dog", "0", "10") + object("dog", "1", "11") + object("unicorn", "0", "10"));
  const MapAnnotations annotations = read_voc_annotations(folder / "VOC2007/ImageSets/Main/test.txt", voc_classes());
  EXPECT_EQ(annotations.image_names, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(annotations.is_voc2007);
  EXPECT_EQ(annotations.truth[0].boxes, (std::vector<BoxXyxy>{{9, 19, 29, 39}}));
  EXPECT_EQ(annotations.truth[0].labels, (std::vector<std::int64_t>{11}));
  EXPECT_EQ(annotations.truth[0].ignored_boxes, (std::vector<BoxXyxy>{{10, 19, 29, 39}}));
  EXPECT_TRUE(annotations.truth[1].boxes.empty());
}

TEST(VocAnnotations, TellWhatTakesNoPartAndWhatIsOdd) {
  const Folder folder = voc_folder(object("dog", "Unspecified", "+10") + object("unicorn", "0", "10"));
  const MapAnnotations annotations = read_voc_annotations(folder / "VOC2007/Annotations", {"dog"});
  const std::string file = (folder / "VOC2007/Annotations/b.xml").string();
  EXPECT_EQ(annotations.truth[1].boxes, (std::vector<BoxXyxy>{{9, 19, 29, 39}}));
  EXPECT_EQ(annotations.findings.text(), "'difficult' is no number: 'Unspecified'; the object counts as an ordinary one (1): " + file +
                                             ": object[0]\n" + "objects that are none of the classes take no part (1): " + file +
                                             ": object[1]\n");
}

TEST(VocAnnotations, FindResultsOfFilesThatWindowsNamed) {
  const auto document = JsonDocument::parse(R"({"images": [{"id": 1, "file_name": "in\\a.jpg"}], "categories": [{"id": "c", "name": "cat"}],
                                               "annotations": []})",
                                            "gt.json");
  const MapAnnotations annotations = map_annotations(read_coco_annotations(document, false));
  const auto results =
      JsonDocument::parse(R"([{"file_name": "b:\\in\\a.jpg", "category_id": "c", "bbox": [1, 2, 3, 4], "score": 0.5}])", "dt.json");
  EXPECT_EQ(read_map_results(results, annotations)[0].boxes_xyxy, (std::vector<BoxXyxy>{{1, 2, 4, 6}}));
}

TEST(VocAnnotations, AFolderIsReadByName) {
  const Folder folder = voc_folder(object("dog", "0", "10"));
  for (const char* name : {"VOC2007/Annotations", "VOC2007"}) {
    EXPECT_EQ(read_voc_annotations(folder / name, {"dog"}).image_names, (std::vector<std::string>{"a", "b"})) << name;
  }
}

TEST(VocAnnotations, WhatIsWrongIsNamed) {
  const Folder folder = voc_folder(object("dog", "0", "ten"));
  const std::string file = (folder / "VOC2007/Annotations/b.xml").string();
  const auto read = [&] { read_voc_annotations(folder / "VOC2007/ImageSets/Main/test.txt", {"dog"}); };
  EXPECT_EQ(error_of(read), "'xmin' is no number: 'ten' @ " + file + ": object[0]");
  folder.write("VOC2007/Annotations/b.xml", "<annotation><object><name>dog</name></object></annotation>");
  EXPECT_EQ(error_of(read), "the object has no 'bndbox' @ " + file + ": object[0]");
  folder.write("VOC2007/Annotations/b.xml", "<annotation><object>");
  EXPECT_EQ(error_of(read), "the file is no valid XML: Start-end tags mismatch, at byte 19 @ " + file);
}

TEST(VocAnnotations, ObjectsOfOtherClassesAloneAreRefused) {
  const Folder folder = voc_folder(object("dog", "0", "10") + object("cat", "0", "10"));
  EXPECT_EQ(error_of([&] {
              read_voc_annotations(folder / "VOC2007/Annotations", {"RBC", "WBC"});
            }),
            "no object has one of the classes that are evaluated @ " + (folder / "VOC2007/Annotations").string());
}

TEST(VocResults, FindTheirImagesAndClasses) {
  const Folder folder = voc_folder(object("dog", "0", "10"));
  const MapAnnotations annotations = read_voc_annotations(folder / "VOC2007/ImageSets/Main/test.txt", {"cat", "dog"});
  const auto parse = [&](const std::string& record) {
    return read_map_results(JsonDocument::parse("[" + record + "]", "dt.json"), annotations);
  };
  const std::vector<Detections> by_name = parse(R"({"file_name": "x/b.jpg", "class": "dog", "bbox": [9, 19, 20, 20], "score": 0.5})");
  EXPECT_EQ(by_name[0].labels, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(by_name[0].boxes_xyxy[0], (std::array<float, 4>{9, 19, 29, 39}));
  EXPECT_EQ(parse(R"({"image_id": "a", "category_id": 1, "bbox": [9, 19, 20, 20], "score": 0.5})")[1].size(), 1U);
  EXPECT_EQ(error_of([&] { parse(R"({"image_id": "z", "category_id": 1, "bbox": [9, 19, 20, 20], "score": 1})"); }),
            "the annotations have no such image @ [0].image_id");
  EXPECT_EQ(error_of([&] { parse(R"({"image_id": "a", "category_id": 2, "bbox": [9, 19, 20, 20], "score": 1})"); }),
            "the annotations have no such class @ [0].category_id");
  const MapResult result = mean_average_precision(by_name, annotations.truth, 2, {}, 1);
  EXPECT_EQ(result.mean[0], 1);
}

TEST(MapAnnotations, ComeFromCocosLayoutToo) {
  const auto document = JsonDocument::parse(
      R"({"images": [{"id": 9, "file_name": "n.jpg"}, {"id": 4, "file_name": "m.jpg"}],
          "categories": [{"id": 8, "name": "b"}, {"id": 2, "name": "a"}],
          "annotations": [{"id": 1, "image_id": 9, "category_id": 8, "bbox": [1, 2, 3, 4], "area": 12},
                          {"id": 2, "image_id": 4, "category_id": 2, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 1}]})",
      "gt.json");
  const MapAnnotations annotations = map_annotations(read_coco_annotations(document, false));
  EXPECT_EQ(annotations.classes, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(annotations.image_names, (std::vector<std::string>{"n", "m"}));
  EXPECT_EQ(annotations.truth[0].boxes, (std::vector<BoxXyxy>{{1, 2, 4, 6}}));
  EXPECT_EQ(annotations.truth[0].labels, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(annotations.truth[1].ignored_labels, (std::vector<std::int64_t>{1}));
}

TEST(MeanAveragePrecision, NeedsResultsForEveryImage) {
  EXPECT_EQ(error_of([] { mean_average_precision({}, std::vector<ImageTruth>(2), 1, {}, 1); }),
            "there are results of 0 images, but 2 images are annotated @ ");
}

}  // namespace
}  // namespace detforge
