#include "detforge/models/mask_tensors.h"

namespace detforge {

torch::Tensor mask_pixels(const InstanceMasks& masks) {
  const BitmapMasks bitmaps = masks.to_bitmaps();
  const std::int64_t height = bitmaps.size().height, width = bitmaps.size().width;
  torch::Tensor pixels = torch::empty({static_cast<std::int64_t>(bitmaps.count()), height, width}, torch::kByte);
  std::copy(bitmaps.pixels().begin(), bitmaps.pixels().end(), pixels.data_ptr<std::uint8_t>());
  return pixels.to(torch::kFloat);
}

std::vector<Rle> rles_of(const torch::Tensor& masks) {
  const torch::Tensor pixels = (masks.detach() != 0).to(torch::kCPU, torch::kByte).contiguous();
  const auto height = static_cast<std::uint32_t>(pixels.size(1)), width = static_cast<std::uint32_t>(pixels.size(2));
  const auto area = static_cast<std::size_t>(height) * width;
  std::vector<Rle> rles;
  for (std::int64_t i = 0; i < pixels.size(0); ++i) {
    rles.push_back(rle_from_bitmap({pixels.data_ptr<std::uint8_t>() + static_cast<std::size_t>(i) * area, area}, height, width));
  }
  return rles;
}

}  // namespace detforge
