#include "detforge/kernels/paste_mask.h"

#include <algorithm>
#include <cmath>

#include "detforge/base/parallel.h"

namespace detforge::kernels {
namespace {

/// Between which two rows (or columns) of the map a pixel lies. The map has a zero before and one after its values.
struct Sample {
  std::size_t low;  // the other is the next one
  float low_weight, high_weight;
};

/// The pixels along one axis that are sampled, from `begin` on.
struct Axis {
  std::uint32_t begin = 0;
  std::vector<Sample> samples;

  Axis(float first, float last, std::int64_t map_size, std::uint32_t image_size) {
    const auto limit = static_cast<float>(image_size);
    begin = static_cast<std::uint32_t>(std::min(std::max(0.0F, std::floor(first) - 1), limit));
    const auto end = static_cast<std::uint32_t>(std::min(std::max(0.0F, std::ceil(last) + 1), limit));
    const auto size = static_cast<float>(map_size);
    for (std::uint32_t pixel = begin; pixel < end; ++pixel) {
      // In the order of PyTorch's grid_sample, from -1 to 1 across the map.
      float at = (static_cast<float>(pixel) + 0.5F - first) / (last - first) * 2 - 1;
      if (std::isinf(at)) at = 0;
      const float place = ((at + 1) * size - 1) / 2;
      if (!(place > -1 && place < size)) {
        samples.push_back({0, 0, 0});
        continue;
      }
      const float low = std::floor(place);
      samples.push_back({static_cast<std::size_t>(low + 1), low + 1 - place, place - low});
    }
  }
};

/// One map with a border of zeros, by columns.
class Map {
 public:
  Map(const MaskMaps& maps, std::size_t index) : stride_(static_cast<std::size_t>(maps.height) + 2) {
    const auto height = static_cast<std::size_t>(maps.height), width = static_cast<std::size_t>(maps.width);
    values_.assign(stride_ * (width + 2), 0);
    const float* map = maps.values.data() + index * height * width;
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t y = 0; y < height; ++y) values_[(x + 1) * stride_ + y + 1] = map[y * width + x];
    }
  }

  /// The column at `sample`, with its border.
  const std::vector<float>& column(const Sample& sample) {
    column_.resize(stride_);
    const float* low = values_.data() + sample.low * stride_;
    for (std::size_t y = 0; y < stride_; ++y) column_[y] = sample.low_weight * low[y] + sample.high_weight * low[y + stride_];
    return column_;
  }

 private:
  std::size_t stride_;
  std::vector<float> values_, column_;
};

float value_at(const std::vector<float>& column, const Sample& sample) {
  return sample.low_weight * column[sample.low] + sample.high_weight * column[sample.low + 1];
}

/// Collects runs of equal pixels.
class RunWriter {
 public:
  void add(bool inside, std::uint32_t pixels) {
    if (inside != inside_) {
      counts_.push_back(length_);
      length_ = 0;
      inside_ = inside;
    }
    length_ += pixels;
  }
  std::vector<std::uint32_t> finish() {
    counts_.push_back(length_);
    return std::move(counts_);
  }

 private:
  std::vector<std::uint32_t> counts_;
  std::uint32_t length_ = 0;
  bool inside_ = false;
};

Rle paste(const MaskMaps& maps, std::size_t index, std::uint32_t height, std::uint32_t width, float threshold) {
  const auto& box = maps.boxes[index];
  const Axis columns(box[0], box[2], maps.width, width), rows(box[1], box[3], maps.height, height);
  Map map(maps, index);
  RunWriter runs;
  runs.add(false, columns.begin * height);
  const auto below = static_cast<std::uint32_t>(height - rows.begin - rows.samples.size());
  for (const Sample& at : columns.samples) {
    const std::vector<float>& column = map.column(at);
    runs.add(false, rows.begin);
    for (const Sample& row : rows.samples) runs.add(value_at(column, row) >= threshold, 1);
    runs.add(false, below);
  }
  runs.add(false, static_cast<std::uint32_t>(width - columns.begin - columns.samples.size()) * height);
  return rle_from_counts(height, width, runs.finish());
}

}  // namespace

std::vector<Rle> paste_masks(const MaskMaps& maps, std::uint32_t image_height, std::uint32_t image_width, float threshold,
                             const Execution& execution) {
  std::vector<Rle> masks(maps.boxes.size());
  parallel_for(masks.size(), execution.threads, [&](std::size_t i) { masks[i] = paste(maps, i, image_height, image_width, threshold); });
  return masks;
}

std::vector<float> paste_probabilities(const MaskMaps& maps, std::size_t index, std::uint32_t image_height, std::uint32_t image_width) {
  const auto& box = maps.boxes[index];
  const Axis columns(box[0], box[2], maps.width, image_width), rows(box[1], box[3], maps.height, image_height);
  Map map(maps, index);
  std::vector<float> image(std::size_t{image_height} * image_width, 0);
  for (std::size_t x = 0; x < columns.samples.size(); ++x) {
    const std::vector<float>& column = map.column(columns.samples[x]);
    for (std::size_t y = 0; y < rows.samples.size(); ++y) {
      image[(rows.begin + y) * image_width + columns.begin + x] = value_at(column, rows.samples[y]);
    }
  }
  return image;
}

}  // namespace detforge::kernels
