#include "detforge/eval/numpy_mean.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace detforge {

namespace {

template <class T>
T pairwise_sum(std::span<const T> values) {
  constexpr std::size_t lanes = 8;
  constexpr std::size_t block = 128;
  const std::size_t size = values.size();
  if (size < lanes) {
    T sum = 0;
    for (const T value : values) sum += value;
    return sum;
  }
  if (size > block) {
    const std::size_t half = size / 2 - size / 2 % lanes;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  std::array<T, lanes> sums{};
  for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] = values[lane];
  std::size_t i = lanes;
  for (; i + lanes <= size; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += values[i + lane];
  }
  T sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  for (; i < size; ++i) sum += values[i];
  return sum;
}

/// NumPy's reductions see long arrays through a buffer of this many elements.
template <class T>
T buffered_sum(std::span<const T> values) {
  constexpr std::size_t buffer = 8192;
  T sum = 0;
  for (; !values.empty(); values = values.subspan(std::min(buffer, values.size())))
    sum += pairwise_sum(values.first(std::min(buffer, values.size())));
  return sum;
}

}  // namespace

double numpy_sum(std::span<const double> values) { return buffered_sum(values); }
float numpy_sum(std::span<const float> values) { return buffered_sum(values); }
double numpy_mean(std::span<const double> values) { return numpy_sum(values) / static_cast<double>(values.size()); }
float numpy_mean(std::span<const float> values) { return numpy_sum(values) / static_cast<float>(values.size()); }

}  // namespace detforge
