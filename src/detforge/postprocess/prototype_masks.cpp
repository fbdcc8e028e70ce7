#include "detforge/postprocess/prototype_masks.h"

#include <algorithm>
#include <cmath>

#include "detforge/base/parallel.h"
#include "detforge/kernels/sigmoid.h"
#include "detforge/postprocess/resized_mask.h"
#include "detforge/postprocess/scaled_size.h"

namespace detforge::postprocess {
namespace {

/// Which rows or columns of the prototypes lie in a box, by a pixel more on each side.
struct Range {
  std::int64_t begin, end;

  Range(float first, float last, std::int64_t image_size, std::int64_t size) {
    const auto whole = static_cast<float>(size);
    const auto side = [&](float corner) { return corner / static_cast<float>(image_size) * whole; };
    const float from = std::max(std::min(side(first), side(last)) - 1, 0.0F), to = std::min(std::max(side(first), side(last)) + 1, whole);
    begin = std::min(static_cast<std::int64_t>(std::ceil(from)), size);
    end = std::max(begin, static_cast<std::int64_t>(std::ceil(to)));
  }
};

std::vector<float> map_of(const PrototypeOutputs& outputs, std::size_t index, ImageSize image) {
  const auto width = static_cast<std::size_t>(outputs.size.width), area = static_cast<std::size_t>(outputs.size.height) * width;
  const std::size_t protos = outputs.prototypes.size() / area;
  const float* weights = outputs.coefficients.data() + index * protos;
  const kernels::Box& box = outputs.boxes[index];
  const Range rows(box[1], box[3], image.height, outputs.size.height), columns(box[0], box[2], image.width, outputs.size.width);
  std::vector<float> map(area, 0);
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    for (std::int64_t x = columns.begin; x < columns.end; ++x) {
      const std::size_t place = static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x);
      const float* values = outputs.prototypes.data() + place * protos;
      float sum = 0;
      for (std::size_t p = 0; p < protos; ++p) sum += values[p] * weights[p];
      map[place] = kernels::sigmoid(sum);
    }
  }
  return map;
}

}  // namespace

std::vector<Rle> PrototypeMasks::run(const PrototypeOutputs& outputs, const ImageMeta& meta, bool rescale,
                                     const kernels::Execution& execution) const {
  const ImageSize to = rescale ? meta.ori_shape : scaled_size(meta);
  std::vector<Rle> masks(outputs.boxes.size());
  parallel_for(masks.size(), execution.threads, [&](std::size_t i) {
    masks[i] = mask_above(map_of(outputs, i, meta.img_shape), outputs.size, to, static_cast<float>(threshold));
  });
  return masks;
}

}  // namespace detforge::postprocess
