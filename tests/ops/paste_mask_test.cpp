#include "detforge/ops/paste_mask.h"

#include "detforge/base/error.h"
#include "detforge/kernels/paste_mask.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

constexpr std::int64_t height = 37, width = 53;

torch::Tensor maps(std::int64_t count, std::int64_t rows = 7, std::int64_t columns = 5) {
  return torch::arange(count * rows * columns, torch::kFloat).mul(0.9).sin().mul(0.5).add(0.5).view({count, rows, columns});
}

/// Inside, over every border, as large as the image, thinner than a pixel, outside.
torch::Tensor boxes() {
  return torch::tensor({{4.3F, 5.2F, 40.7F, 33.1F},
                        {-5.F, -3.F, 20.F, 18.F},
                        {30.F, 20.F, 60.F, 45.F},
                        {0.F, 0.F, 53.F, 37.F},
                        {10.2F, 10.2F, 10.4F, 10.7F},
                        {70.F, 50.F, 90.F, 60.F}});
}

torch::Tensor bitmaps(const std::vector<Rle>& masks) {
  torch::Tensor all = torch::zeros({static_cast<std::int64_t>(masks.size()), height, width}, torch::kByte);
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const auto bitmap = bitmap_of(masks[i]);
    std::copy(bitmap.begin(), bitmap.end(), all[static_cast<std::int64_t>(i)].data_ptr<std::uint8_t>());
  }
  return all;
}

TEST(PasteMask, TheKernelAgreesWithGridSample) {
  const torch::Tensor reference = paste_masks_reference(maps(6), boxes(), height, width);
  for (const auto layout : testing::all_layouts) {
    const torch::Tensor pasted =
        bitmaps(paste_masks(testing::laid_out(maps(6), layout), testing::laid_out(boxes(), layout), height, width, 0.5));
    // Values next to the threshold may be rounded to its other side.
    const torch::Tensor decided = (reference - 0.5).abs() > 1e-5;
    EXPECT_TRUE(torch::equal(pasted.masked_select(decided), reference.ge(0.5).to(torch::kByte).masked_select(decided)));
    EXPECT_GT(decided.sum().item<std::int64_t>(), decided.numel() - 20);
  }
}

TEST(PasteMask, TheProbabilitiesAreThoseOfGridSampleUpToAPixelOutsideOfTheBox) {
  const torch::Tensor map = maps(1), box = boxes().slice(0, 0, 1);
  const torch::Tensor reference = paste_masks_reference(map, box, height, width)[0];
  const std::array<float, 4> place = {4.3F, 5.2F, 40.7F, 33.1F};
  const kernels::MaskMaps one{{map.data_ptr<float>(), 35}, 7, 5, {&place, 1}};
  auto values = kernels::paste_probabilities(one, 0, height, width);
  const torch::Tensor ours = torch::from_blob(values.data(), {height, width});
  testing::expect_close(ours.slice(0, 4, 35).slice(1, 3, 42), reference.slice(0, 4, 35).slice(1, 3, 42), 1e-6);
  EXPECT_EQ(ours.slice(0, 0, 4).abs().max().item<float>(), 0);
  EXPECT_EQ(ours.slice(1, 42).abs().max().item<float>(), 0);
}

TEST(PasteMask, ABoxWithoutSizeShowsTheMiddleOfItsMap) {
  const torch::Tensor box = torch::tensor({{10.F, 10.F, 10.F, 10.F}}), map = torch::ones({1, 3, 3});
  EXPECT_EQ(area_of(paste_masks(map, box, height, width, 0.5).front()), 4U);
}

TEST(PasteMask, BoxesThatAreNoNumbersAndEmptyBatchesShowNothing) {
  EXPECT_EQ(area_of(paste_masks(torch::ones({1, 3, 3}), torch::full({1, 4}, NAN), height, width, 0.5).front()), 0U);
  EXPECT_TRUE(paste_masks(torch::ones({0, 3, 3}), torch::zeros({0, 4}), height, width, 0.5).empty());
}

TEST(PasteMask, SaysWhichShapesItNeeds) {
  EXPECT_THROW(paste_masks(maps(2), boxes(), height, width, 0.5), Error);
  EXPECT_THROW(paste_masks(maps(6), boxes(), 100000, 100000, 0.5), Error);
}

}  // namespace
}  // namespace detforge::ops
