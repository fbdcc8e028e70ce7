#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/config/value.h"

namespace detforge {

/// The class names that a dataset's config says without reading its annotations: `classes`, as names or as a file of them, of the dataset
/// or of the one that it wraps, else those of `CocoDataset` and `VOCDataset`. Empty where it says none. Throws `Error` for a file that
/// cannot be read.
std::vector<std::string> config_classes(const Value& dataset);

/// Names for a model of `num_classes` (0: unknown) whose weights bring none, and where they are from.
struct AssumedClasses {
  std::vector<std::string> names;  ///< empty: there are none that fit
  std::string origin;              ///< "data.test's"
};

/// Those of `data.test`, `data.val` or `data.train` of a config's `data` (may be null), where their number fits, else COCO's for 80.
AssumedClasses assumed_classes(const Value* data, std::int64_t num_classes);

/// The first `num_classes` of a model's config that is no segmentation head's; 0 where there is none.
std::int64_t config_num_classes(const Value& model);

}  // namespace detforge
