#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace detforge::postprocess {

/// Which pixels of a map lie in a mask, a bit each, so that overlaps of many masks are counted fast.
class BitMask {
 public:
  /// The values above `threshold`.
  BitMask(std::span<const float> values, float threshold);

  std::size_t area() const { return area_; }
  /// The pixels of both, which are of one size.
  friend std::size_t shared_area(const BitMask& a, const BitMask& b);

 private:
  std::vector<std::uint64_t> words_;
  std::size_t area_;
};

}  // namespace detforge::postprocess
