#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detforge/base/json_document.h"
#include "detforge/data/datasets/annotation_findings.h"

namespace detforge {

/// The categories of each image of a COCO file, once an annotation, in the order of its images; as ranks among all ids of categories in
/// use. Throws `Error` at the record that is wrong.
std::vector<std::vector<std::int64_t>> coco_categories_by_image(const JsonDocument& document);

/// The file in so many parts: `part_of` [images] says where an image and its annotations go, all else goes to every part. Records stay
/// as they are; annotations of images that there are none of are left out and noted.
std::vector<std::string> split_coco(const JsonDocument& document, std::span<const std::size_t> part_of, std::size_t parts,
                                    AnnotationFindings& findings);

}  // namespace detforge
