#pragma once

#include <span>

namespace detforge {

/// The sum in NumPy's order: pieces of 8,192, halved down to blocks of at most 128, each in eight interleaved sums. Equal bits need equal
/// order.
double numpy_sum(std::span<const double> values);
float numpy_sum(std::span<const float> values);

/// `numpy.mean`; the values must not be empty.
double numpy_mean(std::span<const double> values);
float numpy_mean(std::span<const float> values);

}  // namespace detforge
