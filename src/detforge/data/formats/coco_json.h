#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "detforge/base/json_document.h"
#include "detforge/data/ann_info.h"
#include "detforge/data/formats/record_id.h"

/// The records of COCO's and LVIS's JSON layout. Every function throws `Error` at the record's place for what is missing
/// or of a wrong type.
namespace detforge {

struct CocoImage {
  RecordId id;
  std::uint64_t height = 0;  ///< px; 0 where the file does not say
  std::uint64_t width = 0;
  std::string file_name;
  std::string coco_url;                             ///< LVIS v1 names its images by it
  std::string segm_file;                            ///< Cityscapes: the map of the whole image
  std::vector<RecordId> absent_categories;          ///< LVIS: `neg_category_ids`
  std::vector<RecordId> not_exhaustive_categories;  ///< LVIS: `not_exhaustive_category_ids`
};

struct CocoCategory {
  RecordId id;
  std::string name;
  std::string supercategory;
  std::string frequency;  ///< LVIS: r, c or f
};

CocoImage read_coco_image(const JsonValue& record);
CocoCategory read_coco_category(const JsonValue& record);

/// What an annotation says of its object besides image, category and mask. What boxes do not need is not an error where it is missing or
/// wrong.
struct CocoObject {
  std::optional<RecordId> id;
  BoxXywh box{};
  double area = 0;  ///< px²; width × height where the record does not say
  bool is_crowd = false;
  bool is_ignored = false;  ///< `ignore`
};

/// One record of `annotations`; `note` takes what is odd about it and where. Without `needs_box` a missing box is all 0.
CocoObject read_coco_object(const JsonValue& record, bool needs_box, const std::function<void(const char* what, const JsonValue&)>& note);

/// Why records that name `id` find nothing, where those that are described are of another kind: `: the id is a text, …`; else empty.
std::string other_kind_of_id(const RecordId& id, const RecordId& of_described);

/// A `segmentation`: polygons, or RLE whose counts are a list or a text; a list of RLEs is their union, as in pycocotools.
MaskAnnotation read_coco_segmentation(const JsonValue& segmentation);

/// The mask in an image of that size (px), polygons drawn and joined. Throws `Error` (without a place) where there is
/// none, or nothing of it can be drawn.
Rle draw_mask(const MaskAnnotation& mask, std::uint64_t height, std::uint64_t width);

}  // namespace detforge
