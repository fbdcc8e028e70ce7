#include <opencv2/core.hpp>

#include "detforge/media/media.h"
#include "tests/data/datasets/build.h"

/// VOC's layout and its dialects.
namespace detforge {
namespace {

using testing_support::dataset_of;
using testing_support::error_of;
using testing_support::Folder;

std::string object(const std::string& name, const std::string& box, const std::string& more = "") {
  return "<object><name>" + name + "</name>" + more + "<bndbox>" + box + "</bndbox></object>";
}
std::string box(int xmin, int ymin, int xmax, int ymax) {
  return "<xmin>" + std::to_string(xmin) + "</xmin><ymin>" + std::to_string(ymin) + "</ymin><xmax>" + std::to_string(xmax) +
         "</xmax><ymax>" + std::to_string(ymax) + "</ymax>";
}
std::string xml(const std::string& objects, const std::string& head = "<size><width>60</width><height>50</height></size>") {
  return "<annotation>" + head + objects + "</annotation>";
}

Folder voc(const std::string& objects) {
  return Folder({{"VOC2012/list.txt", "a\nb\n"}, {"VOC2012/Annotations/a.xml", xml(objects)}, {"VOC2012/Annotations/b.xml", xml("")}});
}
constexpr const char* arguments = "type='XMLDataset', ann_file='VOC2012/list.txt', img_prefix='VOC2012', classes=('dog', 'cat'), ";

TEST(XmlDataset, ReadsBoxesFromZero) {
  const Folder folder = voc(object("cat", box(2, 3, 21, 31)) + object("dog", box(1, 1, 5, 5), "<difficult>1</difficult>") +
                            object("unicorn", box(1, 1, 5, 5)));
  const auto dataset = dataset_of(folder.path(), arguments);
  ASSERT_EQ(dataset->size(), 1U) << "b has no object";
  EXPECT_EQ(dataset->image(0).filename, "JPEGImages/a.jpg");
  const AnnInfo info = dataset->annotations(0);
  EXPECT_EQ(info.bboxes, (std::vector<BoxXyxy>{{1, 2, 20, 30}}));
  EXPECT_EQ(info.labels, (std::vector<std::int64_t>{1}));
  EXPECT_EQ(info.bboxes_ignore, (std::vector<BoxXyxy>{{0, 0, 4, 4}}));
  EXPECT_EQ(info.labels_ignore, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(dataset->category_ids(0), (std::vector<RecordId>{1, 0}));
  EXPECT_TRUE(info.masks.empty());
}

TEST(XmlDataset, IgnoresBoxesBelowMinSize) {
  const Folder folder = voc(object("cat", box(2, 3, 21, 31)) + object("cat", box(2, 3, 22, 31)));
  const auto dataset = dataset_of(folder.path(), std::string(arguments) + "min_size=20");
  EXPECT_EQ(dataset->annotations(0).bboxes, (std::vector<BoxXyxy>{{1, 2, 21, 30}}));
  EXPECT_EQ(dataset->annotations(0).bboxes_ignore, (std::vector<BoxXyxy>{{1, 2, 20, 30}}));
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), std::string(arguments) + "min_size=20, test_mode=True"); }),
            "argument 'min_size' of XMLDataset: can only be given where test_mode is False");
}

TEST(XmlDataset, SaysWhichObjectsItLeavesOut) {
  const Folder folder = voc(object("cat", "<xmin>ten</xmin>") + "<object><name>cat</name></object>");
  const std::string file = (folder / "VOC2012/Annotations/a.xml").string();
  EXPECT_EQ(dataset_of(folder.path(), arguments)->findings().text(), "2 records are left out:\n  " + file +
                                                                         ": object[0]: 'xmin' is no number: 'ten'\n  " + file +
                                                                         ": object[1]: the object has no 'bndbox'\n");
}

/// What is noted of one object of an image, and how many boxes the image has.
std::pair<std::string, std::size_t> noted(const std::string& object) {
  const Folder folder = voc(object);
  const auto dataset = dataset_of(folder.path(), arguments);
  std::string text = dataset->findings().text();
  const std::string prefix = (folder / "VOC2012/Annotations/").string();
  if (const std::size_t at = text.find(prefix); at != std::string::npos) text.erase(at, prefix.size());
  return {text, dataset->size() == 0 ? 0 : dataset->annotations(0).bboxes.size()};
}

TEST(XmlDataset, KeepsBoxesOfSizeZeroAndSaysSo) {
  EXPECT_EQ(noted(object("dog", box(5, 5, 5, 9))), (std::pair<std::string, std::size_t>{"boxes have no area (1): a.xml: object[0]\n", 1}));
}

TEST(XmlDataset, KeepsBoxesOutsideOfTheImageAndSaysSo) {
  EXPECT_EQ(noted(object("dog", box(61, 5, 70, 9))),
            (std::pair<std::string, std::size_t>{"boxes lie outside of their image (1): a.xml: object[0]\n", 1}));
}

TEST(XmlDataset, NotesObjectsOfUnknownClasses) {
  EXPECT_EQ(noted(object("wolf", box(6, 5, 17, 9))),
            (std::pair<std::string, std::size_t>{"objects that are none of the classes are left out (1): a.xml: object[0]\n", 0}));
}

TEST(XmlDataset, LeavesOutImagesWithoutObjectsInTraining) {
  const Folder folder = voc(object("cat", box(2, 3, 21, 31)));
  EXPECT_EQ(dataset_of(folder.path(), arguments)->size(), 1U);
  EXPECT_EQ(dataset_of(folder.path(), std::string(arguments) + "filter_empty_gt=False")->size(), 2U);
  EXPECT_EQ(dataset_of(folder.path(), std::string(arguments) + "test_mode=True")->size(), 2U);
}

TEST(XmlDataset, LeavesOutImagesWithoutAFile) {
  const Folder folder = voc(object("cat", box(2, 3, 21, 31)));
  folder.write("VOC2012/list.txt", "missing\n\na\n");
  const auto dataset = dataset_of(folder.path(), arguments);
  EXPECT_EQ(dataset->size(), 1U);
  EXPECT_EQ(dataset->findings().skipped(), 1U);
  EXPECT_NE(dataset->findings().text().find("missing.xml"), std::string::npos);
}

TEST(XmlDataset, MeasuresImagesThatNoFileSizes) {
  const Folder folder = voc("");
  folder.write("VOC2012/Annotations/a.xml", xml(object("cat", box(2, 3, 21, 31)), ""));
  std::filesystem::create_directories(folder / "VOC2012/JPEGImages");
  write_image(folder / "VOC2012/JPEGImages/a.jpg", cv::Mat(40, 70, CV_8UC3, cv::Scalar(0)));
  EXPECT_EQ(dataset_of(folder.path(), arguments)->image(0).size, (ImageSize{40, 70}));
}

TEST(XmlDataset, NeedsClasses) {
  const Folder folder = voc("");
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), "type='XMLDataset', ann_file='VOC2012/list.txt'"); }),
            "argument 'classes' of XMLDataset: must name the classes, since XMLDataset has none of its own");
}

TEST(XmlDataset, TakesOtherFolders) {
  const Folder folder({{"list.txt", "a"}, {"xml/a.xml", xml(object("cat", box(2, 3, 21, 31)))}});
  const auto dataset =
      dataset_of(folder.path(), "type='XMLDataset', ann_file='list.txt', classes=['cat'], img_subdir='', ann_subdir='xml'");
  EXPECT_EQ(dataset->image(0).filename, "a.jpg");
}

TEST(VocDataset, KnowsItsClassesAndItsYear) {
  const Folder folder = voc(object("cat", box(2, 3, 21, 31)));
  const auto dataset = dataset_of(folder.path(), "type='VOCDataset', ann_file='VOC2012/list.txt', img_prefix='VOC2012/'");
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{7}));
  EXPECT_EQ(dynamic_cast<const AnnotatedDataset&>(*dataset).rules(), EvaluationRules::Voc2012);
  const Folder older({{"VOC2007/list.txt", "a"}, {"VOC2007/Annotations/a.xml", xml(object("dog", box(2, 3, 21, 31)))}});
  const auto of_2007 = dataset_of(older.path(), "type='VOCDataset', ann_file='VOC2007/list.txt', img_prefix='VOC2007/'");
  EXPECT_EQ(of_2007->image(0).filename, "JPEGImages/a.jpg");
  EXPECT_EQ(dynamic_cast<const AnnotatedDataset&>(*of_2007).rules(), EvaluationRules::Voc2007);
  EXPECT_EQ(error_of([&] { dataset_of("/", "type='VOCDataset', ann_file='list.txt', img_prefix='mine'"); }),
            "argument 'img_prefix' of VOCDataset: must name VOC2007 or VOC2012; XMLDataset with 'classes' reads other folders");
}

TEST(WiderFaceDataset, FindsImagesInTheFolderOfTheFile) {
  const std::string head = "<folder>0--Parade</folder><size><width>60</width><height>50</height></size>";
  const Folder folder({{"list.txt", "a"}, {"Annotations/a.xml", xml(object("face", box(2, 3, 21, 31)), head)}});
  const auto dataset = dataset_of(folder.path(), "type='WIDERFaceDataset', ann_file='list.txt', img_prefix='.'");
  EXPECT_EQ(dataset->image(0).filename, "0--Parade/a.jpg");
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{0}));
}

}  // namespace
}  // namespace detforge
