#pragma once

#include <string>
#include <vector>

#include "detforge/base/json_document.h"
#include "detforge/data/ann_info.h"

/// The records of COCO's and LVIS's JSON layout. Every function throws `Error` at the record's place for what is missing
/// or of a wrong type.
namespace detforge {

struct CocoImage {
  std::int64_t id = 0;
  std::uint64_t height = 0;  ///< px; 0 where the file does not say
  std::uint64_t width = 0;
  std::string file_name;
  std::string coco_url;                                 ///< LVIS v1 names its images by it
  std::string segm_file;                                ///< Cityscapes: the map of the whole image
  std::vector<std::int64_t> absent_categories;          ///< LVIS: `neg_category_ids`
  std::vector<std::int64_t> not_exhaustive_categories;  ///< LVIS: `not_exhaustive_category_ids`
};

struct CocoCategory {
  std::int64_t id = 0;
  std::string name;
  std::string supercategory;
  std::string frequency;  ///< LVIS: r, c or f
};

CocoImage read_coco_image(const JsonValue& record);
CocoCategory read_coco_category(const JsonValue& record);

/// A `segmentation`: polygons, or RLE whose counts are a list or a text.
MaskAnnotation read_coco_segmentation(const JsonValue& segmentation);

/// The mask in an image of that size (px), polygons drawn and joined. Throws `Error` (without a place) where there is
/// none, or a polygon can not be drawn.
Rle draw_mask(const MaskAnnotation& mask, std::uint64_t height, std::uint64_t width);

}  // namespace detforge
