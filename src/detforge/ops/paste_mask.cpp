#include "detforge/ops/paste_mask.h"

#include <limits>

#include "detforge/base/error.h"
#include "detforge/kernels/paste_mask.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

void check_paste(const torch::Tensor& maps, const torch::Tensor& boxes) {
  if (maps.dim() != 3 || boxes.dim() != 2 || boxes.size(1) != 4 || boxes.size(0) != maps.size(0)) {
    throw Error("pasting masks needs maps of shape (N, h, w) and boxes of shape (N, 4), got " + shape_text(maps) + " and " +
                shape_text(boxes));
  }
}

}  // namespace

std::vector<Rle> paste_masks(const torch::Tensor& maps, const torch::Tensor& boxes, std::int64_t image_height, std::int64_t image_width,
                             double threshold) {
  check_paste(maps, boxes);
  constexpr std::int64_t largest = std::numeric_limits<std::uint32_t>::max();
  if (image_height < 0 || image_width < 0 || image_height > largest || image_width > largest)
    throw Error("masks can not be pasted into an image of " + std::to_string(image_height) + " x " + std::to_string(image_width) + " px");
  const torch::Tensor values = maps.detach().to(torch::kCPU, torch::kFloat).contiguous();
  const torch::Tensor places = boxes.detach().to(torch::kCPU, torch::kFloat).contiguous();
  const kernels::MaskMaps all{
      .values = numbers<float>(values),
      .height = values.size(1),
      .width = values.size(2),
      .boxes = {reinterpret_cast<const std::array<float, 4>*>(places.data_ptr<float>()), static_cast<std::size_t>(places.size(0))}};
  return kernels::paste_masks(all, static_cast<std::uint32_t>(image_height), static_cast<std::uint32_t>(image_width),
                              static_cast<float>(threshold),
                              kernels::Execution{.threads = static_cast<std::size_t>(at::get_num_threads())});
}

torch::Tensor paste_masks_reference(const torch::Tensor& maps, const torch::Tensor& boxes, std::int64_t image_height,
                                    std::int64_t image_width) {
  check_paste(maps, boxes);
  // Where the image's pixels lie between -1 and 1 across each box: [N, size].
  const auto places = [&](std::int64_t size, std::int64_t first) {
    const torch::Tensor begin = boxes.slice(1, first, first + 1), extent = boxes.slice(1, first + 2, first + 3) - begin;
    const torch::Tensor at = (torch::arange(size, boxes.options()).unsqueeze(0) + 0.5 - begin) / extent * 2 - 1;
    return at.masked_fill(at.isinf(), 0);
  };
  const std::vector<std::int64_t> grid_size = {maps.size(0), image_height, image_width};
  const torch::Tensor x = places(image_width, 0).unsqueeze(1).expand(grid_size), y = places(image_height, 1).unsqueeze(2).expand(grid_size);
  constexpr int bilinear = 0, zeros = 0;
  return torch::grid_sampler(maps.unsqueeze(1), torch::stack({x, y}, 3), bilinear, zeros, /*align_corners=*/false).squeeze(1);
}

}  // namespace detforge::ops
