#include "detforge/base/random.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <vector>

namespace detforge {

double NumpyRandom::random_sample() {
  // 53 bits, as the generator's authors make a double of two draws.
  const auto high = static_cast<double>(next_32() >> 5U);
  const auto low = static_cast<double>(next_32() >> 6U);
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

std::int64_t NumpyRandom::randint(std::int64_t low, std::int64_t high) {
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) - 1;
  if (range == 0) return low;
  const bool narrow = range <= std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t mask = std::numeric_limits<std::uint64_t>::max() >> std::countl_zero(range);
  std::uint64_t drawn = 0;
  do {
    drawn = next_32();
    if (!narrow) drawn = drawn << 32U | next_32();
    drawn &= mask;
  } while (drawn > range);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
}

std::size_t NumpyRandom::choice(std::span<const double> probabilities) {
  std::vector<double> sums;
  for (const double probability : probabilities) sums.push_back((sums.empty() ? 0.0 : sums.back()) + probability);
  const double total = sums.back();
  for (double& sum : sums) sum /= total;
  const auto found = std::upper_bound(sums.begin(), sums.end(), random_sample());
  return std::min(static_cast<std::size_t>(found - sums.begin()), probabilities.size() - 1);
}

std::vector<std::size_t> NumpyRandom::choice_without_replacement(std::size_t count, std::size_t size) {
  std::vector<std::size_t> indices = permutation(count);
  indices.resize(std::min(size, count));
  return indices;
}

std::vector<std::size_t> NumpyRandom::permutation(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  for (std::size_t i = count; i-- > 1;) std::swap(indices[i], indices[choice(i + 1)]);
  return indices;
}

}  // namespace detforge
