#include "detforge/postprocess/bit_mask.h"

#include <bit>

#include "detforge/base/simd.h"

namespace detforge::postprocess {
namespace {

constexpr std::size_t bits = 64;

DETFORGE_SIMD std::size_t count_both(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < words; ++i) count += static_cast<std::size_t>(std::popcount(a[i] & b[i]));
  return count;
}

}  // namespace

BitMask::BitMask(std::span<const float> values, float threshold) : words_((values.size() + bits - 1) / bits, 0) {
  for (std::size_t i = 0; i < values.size(); ++i) words_[i / bits] |= std::uint64_t{values[i] > threshold} << (i % bits);
  area_ = count_both(words_.data(), words_.data(), words_.size());
}

std::size_t shared_area(const BitMask& a, const BitMask& b) { return count_both(a.words_.data(), b.words_.data(), a.words_.size()); }

}  // namespace detforge::postprocess
