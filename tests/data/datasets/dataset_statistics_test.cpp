#include "detforge/data/datasets/dataset_statistics.h"

#include "tests/data/datasets/build.h"

namespace detforge {
namespace {

TEST(DatasetStatistics, CountWhatThereIs) {
  const testing_support::Folder folder({{"a.json", R"([
      {"filename": "a", "width": 200, "height": 100, "ann": {"bboxes": [[0, 0, 20, 10], [0, 0, 31, 33], [0, 0, 100, 100]], "labels": [0, 0, 2],
       "bboxes_ignore": [[0, 0, 1, 1]]}},
      {"filename": "b", "width": 300, "height": 400}])"}});
  const auto dataset = testing_support::dataset_of(folder.path(), "type='CustomDataset', ann_file='a.json', classes=['x', 'y', 'z']");
  const DatasetStatistics statistics = statistics_of(*dataset);
  EXPECT_EQ(statistics.images, 2U);
  EXPECT_EQ(statistics.empty_images, 1U);
  EXPECT_EQ(statistics.objects, 3U);
  EXPECT_EQ(statistics.ignored, 1U);
  ASSERT_EQ(statistics.classes.size(), 3U);
  EXPECT_EQ(statistics.classes[0].objects, 2U);
  EXPECT_EQ(statistics.classes[0].images, 1U);
  EXPECT_EQ(statistics.classes[1].objects, 0U);
  EXPECT_EQ(statistics.small, 2U) << "31 x 33 is one px² less than 32²";
  EXPECT_EQ(statistics.large, 1U);
  EXPECT_EQ(statistics.image_width, (Quantiles{200, 200, 200, 200, 300}));
  EXPECT_EQ(statistics.box_sizes.counts, (std::vector<std::size_t>{0, 1, 1, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(statistics.aspect_ratios.counts, (std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 0, 0}));
}

TEST(DatasetStatistics, QuantilesAreNumbersThatWereThere) {
  EXPECT_EQ(quantiles({3, 1, 2}), (Quantiles{1, 1, 2, 2, 3}));
  EXPECT_EQ(quantiles({}), Quantiles{});
}

}  // namespace
}  // namespace detforge
