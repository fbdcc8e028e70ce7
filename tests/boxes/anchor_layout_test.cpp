#include "detforge/boxes/anchor_layout.h"

#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::ints;
using testing::numbers;

TEST(AnchorInsideFlags, AllowABorderAndKeepWhatIsInvalid) {
  const torch::Tensor anchors = boxes({{0, 0, 9, 9}, {-1, 0, 5, 5}, {0, 0, 10, 5}, {0, 0, 5, 5}});
  const torch::Tensor valid = torch::tensor({true, true, true, false});
  EXPECT_EQ(numbers(anchor_inside_flags(anchors, valid, {10, 10})), (std::vector<std::int64_t>{1, 0, 0, 0}));
  EXPECT_EQ(numbers(anchor_inside_flags(anchors, valid, {10, 10}, 1)), (std::vector<std::int64_t>{1, 1, 1, 0}));
  EXPECT_EQ(numbers(anchor_inside_flags(anchors, valid, {10, 10}, -1)), (std::vector<std::int64_t>{1, 1, 1, 0}));
}

TEST(Unmap, PutsRowsBackToTheirPlaces) {
  const torch::Tensor flags = torch::tensor({false, true, false, true});
  EXPECT_EQ(numbers(unmap(ints({7, 8}), flags, -1)), (std::vector<std::int64_t>{-1, 7, -1, 8}));
  EXPECT_EQ(numbers(unmap(torch::ones({2, 2}), flags)), (std::vector<std::int64_t>{0, 0, 1, 1, 0, 0, 1, 1}));
  EXPECT_EQ(numbers(unmap(torch::ones({0, 1}), torch::zeros({3}, torch::kBool), 5)), (std::vector<std::int64_t>{5, 5, 5}));
}

TEST(ImagesToLevels, SplitsEveryImageAlike) {
  const std::vector<torch::Tensor> images = {ints({0, 1, 2}), ints({3, 4, 5})};
  const std::vector<std::int64_t> counts = {2, 1};
  const auto levels = images_to_levels(images, counts);
  ASSERT_EQ(levels.size(), 2U);
  EXPECT_EQ(numbers(levels[0]), (std::vector<std::int64_t>{0, 1, 3, 4}));
  EXPECT_EQ(numbers(levels[1]), (std::vector<std::int64_t>{2, 5}));
}

}  // namespace
}  // namespace detforge
