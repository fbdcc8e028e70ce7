#include "detforge/data/datasets/anchor_clusters.h"

#include "tests/data/datasets/build.h"

namespace detforge {
namespace {

/// Three heaps of boxes around sizes that are known.
std::vector<BoxSize> three_heaps() {
  std::vector<BoxSize> boxes;
  NumpyRandom random(3);
  for (int i = 0; i < 300; ++i) {
    const BoxSize middle = i % 3 == 0 ? BoxSize{10, 20} : i % 3 == 1 ? BoxSize{60, 30} : BoxSize{200, 220};
    boxes.push_back({middle[0] * (0.95 + 0.1 * random.random_sample()), middle[1] * (0.95 + 0.1 * random.random_sample())});
  }
  return boxes;
}

void expect_middles(const AnchorClusters& clusters, double tolerance) {
  const std::vector<BoxSize> middles = {{10, 20}, {60, 30}, {200, 220}};
  ASSERT_EQ(clusters.anchors.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(clusters.anchors[k][0], middles[k][0], tolerance * middles[k][0]);
    EXPECT_NEAR(clusters.anchors[k][1], middles[k][1], tolerance * middles[k][1]);
  }
  EXPECT_GT(clusters.average_iou, 0.93);
}

TEST(AnchorClusters, KmeansFindsTheHeaps) {
  // From some starts two anchors share a heap, as in Python: the best of ten counts.
  AnchorClusters best;
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    NumpyRandom random(seed);
    const AnchorClusters one = kmeans_anchors(three_heaps(), 3, 100, random);
    if (one.average_iou > best.average_iou) best = one;
  }
  expect_middles(best, 0.02);
}

TEST(AnchorClusters, EvolutionFindsTheHeaps) {
  NumpyRandom random(1);
  expect_middles(evolved_anchors(three_heaps(), 3, {256, 256}, 300, random), 0.1);
}

TEST(AnchorClusters, AreTheSameForASeed) {
  NumpyRandom one(4), same(4);
  EXPECT_EQ(kmeans_anchors(three_heaps(), 5, 100, one).anchors, kmeans_anchors(three_heaps(), 5, 100, same).anchors);
}

TEST(AnchorClusters, NeedAsManyBoxes) {
  NumpyRandom random(1);
  EXPECT_EQ(testing_support::error_of([&] {
              kmeans_anchors(std::vector<BoxSize>(2, {1, 1}), 3, 10, random);
            }),
            "there are 2 boxes, too few for 3 anchors");
  EXPECT_EQ(average_iou({}, {}), 0);
}

TEST(AnchorClusters, BoxesAreScaledByTheLongerSideOfTheirImage) {
  const testing_support::Folder folder(
      {{"a.json", R"([{"filename": "a", "width": 200, "height": 100, "ann": {"bboxes": [[0, 0, 20, 10]], "labels": [0]}}])"}});
  const auto dataset = testing_support::dataset_of(folder.path(), "type='CustomDataset', ann_file='a.json'");
  EXPECT_EQ(input_box_sizes(*dataset, {400, 600}), (std::vector<BoxSize>{{40, 30}}));
}

}  // namespace
}  // namespace detforge
