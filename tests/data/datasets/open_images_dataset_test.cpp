#include "tests/data/datasets/build.h"

/// Open Images' CSV and the challenge's list.
namespace detforge {
namespace {

using testing_support::dataset_of;
using testing_support::error_of;
using testing_support::Folder;

constexpr const char* header =
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n";

std::string open_images(const Folder& folder) {
  return "type='OpenImagesDataset', ann_file='boxes.csv', img_prefix='train', label_file='" + (folder / "labels.csv").string() +
         "', hierarchy_file='tree.json', ";
}

TEST(OpenImagesDataset, ReadsBoxesAsSharesOfTheImage) {
  const Folder folder(
      {{"labels.csv", "/m/1,Tortoise\r\n/m/2,\"Container, large\"\r\n"},
       {"boxes.csv", std::string(header) + "aa,xclick,/m/2,1,0.1,0.5,0.2,0.6,0,0,1,0,0\nbb,xclick,/m/1,1,0,1,0,1,0,0,0,0,0\n"
                                           "aa,xclick,/m/1,1,0,1,0,1,0,0,0,0,0\n"}});
  const auto dataset = dataset_of(folder.path(), open_images(folder));
  EXPECT_EQ(dataset->classes(), (std::vector<std::string>{"Tortoise", "Container, large"}));
  ASSERT_EQ(dataset->size(), 2U);
  EXPECT_EQ(dataset->flag(), (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(dataset->image(0).filename, "aa.jpg");
  const AnnInfo info = dataset->annotations(0);
  EXPECT_EQ(info.bboxes, (std::vector<BoxXyxy>{{0.1F, 0.2F, 0.5F, 0.6F}, {0, 0, 1, 1}}));
  EXPECT_EQ(info.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(info.is_group_of, (std::vector<std::uint8_t>{1, 0}));
}

TEST(OpenImagesDataset, SaysWhichLinesItLeavesOut) {
  const Folder folder(
      {{"labels.csv", "/m/1,Tortoise\n"},
       {"boxes.csv", std::string(header) + "aa,x,/m/9,1,0,1,0,1,0,0,0,0,0\naa,x,/m/1,1,0\naa,x,/m/1,1,zero,1,0,1,0,0,0,0,0\n"
                                           "aa,x,/m/1,1,0,1,0,1,0,0,0,0,0\n"}});
  const auto dataset = dataset_of(folder.path(), open_images(folder));
  const std::string file = (folder / "boxes.csv").string();
  EXPECT_EQ(dataset->findings().text(), "3 records are left out:\n  " + file + ":2: '/m/9' is no class of the label_file\n  " + file +
                                            ":3: the line has 5 fields only\n  " + file + ":4: 'zero' is no number\n");
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), "type='OpenImagesDataset', ann_file='boxes.csv'"); }),
            "argument 'label_file' of OpenImagesDataset: must name a .csv file of the classes");
  EXPECT_EQ(error_of([&] { dataset_of(folder.path(), "type='OpenImagesDataset', ann_file='boxes.csv', label_file='labels.csv'"); }),
            "argument 'hierarchy_file' of OpenImagesDataset: must name a .json file of the tree of classes, or get_supercategory be False");
}

TEST(OpenImagesChallengeDataset, ReadsItsList) {
  const Folder folder({{"labels.csv", "/m/2,Second,2\n/m/1,First,1\n"},
                       {"boxes.txt", "aa.jpg\n\n2\n2 0.1 0.2 0.5 0.6 1\n1 0 0 1 1 0\nbb.jpg\n#\n0\ncc.jpg\n#\n1\n3 0 0 1 1 0\n"},
                       {"short.txt", "aa.jpg\n#\n2\n2 0.1 0.2 0.5 0.6 1\n"}});
  const auto read = [&](const std::string& file) {
    return dataset_of(folder.path(), "type='OpenImagesChallengeDataset', ann_file='" + file + "', get_supercategory=False, label_file='" +
                                         (folder / "labels.csv").string() + "'");
  };
  const auto dataset = read("boxes.txt");
  EXPECT_EQ(dataset->classes(), (std::vector<std::string>{"First", "Second"}));
  ASSERT_EQ(dataset->size(), 3U);
  EXPECT_EQ(dataset->annotations(0).labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(dataset->annotations(0).is_group_of, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(dataset->findings().text(),
            "1 record is left out:\n  " + (folder / "boxes.txt").string() + ":12: the label is that of no class\n");
  EXPECT_EQ(error_of([&] { read("short.txt"); }), "the list ends within an image @ " + (folder / "short.txt").string() + ":3");
}

}  // namespace
}  // namespace detforge
