#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/base/random.h"

namespace detforge {

/// Which part each image goes to, so that the parts have these shares of the images, whatever is in them. `shares` are positive; their
/// sum counts as all.
std::vector<std::size_t> split_images(std::size_t images, std::span<const double> shares, Random& random);

/// The same so that every class is shared out like this (iterative stratification: Sechidis et al., ECML 2011): the images of the class
/// with the fewest left go first, each to the part that lacks most of that class. `classes` [images] may name a class several times.
std::vector<std::size_t> split_stratified(const std::vector<std::vector<std::int64_t>>& classes, std::span<const double> shares,
                                          Random& random);

}  // namespace detforge
