#pragma once

#include <span>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// The elements at these indices, in this order.
template <class T>
std::vector<T> selected(const std::vector<T>& all, std::span<const std::size_t> indices) {
  std::vector<T> some;
  some.reserve(indices.size());
  for (const std::size_t index : indices) some.push_back(all.at(index));
  return some;
}

/// Leaves only these of the sample's objects: boxes, labels and masks.
void select_objects(Sample& sample, std::span<const std::size_t> indices);

}  // namespace detforge
