#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "detforge/checkpoint/object.h"

namespace detforge {

/// A NumPy array that a pickle holds, row by row, whatever its numbers were as doubles.
struct NumpyArray {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

/// What `_reconstruct` and its state, or `_frombuffer`, describe; nothing where the object is no array. Throws `Error` for a type of
/// numbers that is not known (floats of 4 or 8 bytes, integers, bool), other byte orders, or bytes that do not fit the shape.
std::optional<NumpyArray> numpy_array(const Object& object);

}  // namespace detforge
