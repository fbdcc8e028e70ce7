#include "detforge/postprocess/resized_mask.h"

#include <algorithm>

#include "detforge/base/simd.h"

namespace detforge::postprocess {
namespace {

/// Between which two rows or columns of the map each of the larger one's lies.
struct Axis {
  std::vector<std::size_t> low, high;
  std::vector<float> low_weight, high_weight;

  Axis(std::int64_t from, std::int64_t to) {
    const float scale = to > 0 ? static_cast<float>(from) / static_cast<float>(to) : 0;
    for (std::int64_t i = 0; i < to; ++i) {
      const float place = std::max(scale * (static_cast<float>(i) + 0.5F) - 0.5F, 0.0F);
      const std::int64_t first = std::min(static_cast<std::int64_t>(place), from - 1);
      const float weight = std::min(std::max(place - static_cast<float>(first), 0.0F), 1.0F);
      low.push_back(static_cast<std::size_t>(first));
      high.push_back(static_cast<std::size_t>(std::min(first + 1, from - 1)));
      low_weight.push_back(1 - weight);
      high_weight.push_back(weight);
    }
  }
};

/// Rows of the map at the larger one's width; the last two that were asked for are kept.
class WideRows {
 public:
  WideRows(std::span<const float> map, std::size_t width, const Axis& columns) : map_(map), width_(width), columns_(columns) {}

  const float* operator()(std::size_t row) {
    for (const Row& kept : rows_) {
      if (kept.is_filled && kept.row == row) return kept.values.data();
    }
    Row& oldest = rows_[next_ ^= 1U];
    const float* from = map_.data() + row * width_;
    const std::size_t count = columns_.low.size();
    oldest.values.resize(count);
    for (std::size_t x = 0; x < count; ++x) {
      oldest.values[x] = columns_.low_weight[x] * from[columns_.low[x]] + columns_.high_weight[x] * from[columns_.high[x]];
    }
    oldest.row = row;
    oldest.is_filled = true;
    return oldest.values.data();
  }

 private:
  struct Row {
    std::size_t row = 0;
    bool is_filled = false;
    std::vector<float> values;
  };
  std::span<const float> map_;
  std::size_t width_;
  const Axis& columns_;
  std::array<Row, 2> rows_;
  std::size_t next_ = 0;
};

DETFORGE_SIMD void mix(const float* low, const float* high, float low_weight, float high_weight, std::size_t count, float* row) {
  for (std::size_t x = 0; x < count; ++x) row[x] = low_weight * low[x] + high_weight * high[x];
}

/// Calls `take(row, values)` for every row of the resized map.
template <class Take>
void for_each_row(std::span<const float> map, ImageSize from, ImageSize to, const Take& take) {
  const Axis rows(from.height, to.height), columns(from.width, to.width);
  WideRows wide(map, static_cast<std::size_t>(from.width), columns);
  std::vector<float> row(static_cast<std::size_t>(to.width));
  for (std::size_t y = 0; y < static_cast<std::size_t>(to.height); ++y) {
    const float* low = wide(rows.low[y]);
    const float* high = wide(rows.high[y]);
    mix(low, high, rows.low_weight[y], rows.high_weight[y], row.size(), row.data());
    take(y, std::span<const float>(row));
  }
}

}  // namespace

std::vector<float> resized(std::span<const float> map, ImageSize from, ImageSize to) {
  std::vector<float> all;
  all.reserve(static_cast<std::size_t>(to.height * to.width));
  for_each_row(map, from, to, [&](std::size_t, std::span<const float> row) { all.insert(all.end(), row.begin(), row.end()); });
  return all;
}

Rle mask_above(std::span<const float> map, ImageSize from, ImageSize to, float threshold) {
  const auto width = static_cast<std::size_t>(to.width);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(to.height) * width);
  for_each_row(map, from, to, [&](std::size_t y, std::span<const float> row) {
    std::uint8_t* inside = pixels.data() + y * width;
    for (std::size_t x = 0; x < width; ++x) inside[x] = row[x] > threshold ? 1 : 0;
  });
  return rle_from_bitmap(pixels, static_cast<std::uint32_t>(to.height), static_cast<std::uint32_t>(to.width));
}

}  // namespace detforge::postprocess
