#include "detforge/postprocess/heatmap_peaks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "detforge/kernels/sigmoid.h"

namespace detforge::postprocess {
namespace {

struct Map {
  std::vector<float> values;
  std::int64_t height, width;

  std::size_t at(std::int64_t channel, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>((channel * height + y) * width + x);
  }
  /// No place around it has a greater value.
  bool is_peak(std::int64_t channel, std::int64_t y, std::int64_t x, std::int64_t kernel) const {
    for (std::int64_t v = std::max<std::int64_t>(0, y - kernel / 2); v <= std::min(height - 1, y + kernel / 2); ++v) {
      for (std::int64_t u = std::max<std::int64_t>(0, x - kernel / 2); u <= std::min(width - 1, x + kernel / 2); ++u) {
        if (values[at(channel, v, u)] > values[at(channel, y, x)]) return false;
      }
    }
    return true;
  }
};

TEST(HeatmapPeaks, AgreeWithTheirDefinition) {
  constexpr std::int64_t channels = 2;
  constexpr std::size_t count = 20;
  std::mt19937 random(1);
  for (const std::int64_t kernel : {1, 3, 5}) {
    for (const auto& [height, width] : {std::pair{1, 1}, std::pair{1, 7}, std::pair{7, 1}, std::pair{13, 17}}) {
      for (const bool holds_logits : {false, true}) {
        // Few different numbers, so that many are equal; and logits whose sigmoids are one.
        std::vector<float> values(static_cast<std::size_t>(channels * height * width));
        for (float& value : values) value = static_cast<float>(random() % 9) * (holds_logits ? 4.0F : 0.1F);
        Map probabilities{values, height, width};
        for (float& value : probabilities.values) value = holds_logits ? kernels::sigmoid(value) : value;
        std::vector<std::pair<float, std::size_t>> expected;
        for (std::int64_t i = 0; i < channels * height * width; ++i) {
          const std::int64_t channel = i / (height * width), y = i / width % height, x = i % width;
          if (!probabilities.is_peak(channel, y, x, kernel)) continue;
          const std::size_t place = probabilities.at(channel, y, x);
          expected.emplace_back(probabilities.values[place], place);
        }
        std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        const auto peaks = heatmap_peaks({values, channels, height, width, holds_logits}, count, kernel);
        ASSERT_EQ(peaks.size(), std::min(count, values.size()));
        for (std::size_t i = 0; i < peaks.size(); ++i) {
          const std::size_t place = probabilities.at(peaks[i].label, peaks[i].row, peaks[i].column);
          if (i < expected.size()) {
            EXPECT_EQ(std::pair(peaks[i].score, place), expected[i]) << kernel << ", " << height << " x " << width;
          } else {
            EXPECT_EQ(peaks[i].score, 0);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace detforge::postprocess
