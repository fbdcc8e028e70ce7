#pragma once

#include <cstdint>
#include <vector>

/// Inputs that compare.py makes in the same way.
namespace detforge::bench {

/// SplitMix64 of the position: numbers in [0, 1).
inline double uniform(std::uint64_t position) {
  std::uint64_t z = position + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
}

/// Boxes xyxy in an image of 1333 × 800 px, 16 to 240 px wide and high: four numbers each, from five positions each.
inline std::vector<float> boxes(std::uint64_t count) {
  std::vector<float> values;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double width = 16 + 224 * uniform(5 * i), height = 16 + 224 * uniform(5 * i + 1);
    const double x = (1333 - width) * uniform(5 * i + 2), y = (800 - height) * uniform(5 * i + 3);
    for (const double value : {x, y, x + width, y + height}) values.push_back(static_cast<float>(value));
  }
  return values;
}

inline std::vector<float> scores(std::uint64_t count) {
  std::vector<float> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(uniform(5 * i + 4)));
  return values;
}

}  // namespace detforge::bench
