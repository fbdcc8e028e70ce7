#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/checkpoint/checkpoint.h"

namespace detforge {

/// `[64, 3, 7, 7]`
std::string shape_text(const std::vector<std::int64_t>& shape);

/// What is inside, for a person: format, meta, every global that the pickle names, tensors with types and shapes.
std::string describe(const Checkpoint& checkpoint);

/// The same as JSON: `"format"`, `"globals"`, `"meta"`, `"tensors": [{"name", "dtype", "shape", "bytes"}]`.
std::string describe_json(const Checkpoint& checkpoint);

/// One SHA-256 over the state_dict, in hexadecimal: for each tensor in order its name, a zero byte, the name of its
/// dtype, a zero byte, the number of dimensions and each size as little-endian 64-bit integers, then its elements in
/// C order. Equal weights have equal hashes in every format.
std::string state_dict_hash(const Checkpoint& checkpoint);

}  // namespace detforge
