#pragma once

#include <optional>
#include <vector>

#include "detforge/base/error.h"
#include "detforge/data/datasets/dataset.h"

/// What `check` looks for in a dataset that could be read: each gives a finding without its place, or none.
namespace detforge {

/// A class named twice: one of the two labels would never have an object.
std::optional<Error> find_duplicate_classes(const Dataset& dataset);

/// Classes that no category of a COCO file has: the labels of those behind them move.
std::optional<Error> find_missing_categories(const Dataset& dataset);

/// Images of other sizes than their records say, among up to 200 of those at `indices`, evenly taken. What cannot be read is passed over.
std::optional<Error> find_wrong_sizes(const Dataset& dataset, const std::vector<std::size_t>& indices);

}  // namespace detforge
