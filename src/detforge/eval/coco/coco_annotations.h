#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "detforge/base/json_document.h"
#include "detforge/data/datasets/annotation_findings.h"
#include "detforge/data/formats/coco_json.h"
#include "detforge/eval/voc/average_precision.h"

namespace detforge {

/// Ground truth in COCO's or LVIS's JSON layout, as columns. The indices in `truth` are positions in `images` and `categories`,
/// which are sorted by id.
struct CocoAnnotations {
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<std::int32_t> image_order;     ///< positions in `images` in the file's order: the order of MMDetection's results
  std::vector<std::int32_t> category_order;  ///< the same of `categories`
  TruthColumns truth;
  std::vector<std::optional<RecordId>> ids;  ///< [truth]; nothing where the file gives none
  std::unordered_map<RecordId, std::int32_t> image_index;
  std::unordered_map<RecordId, std::int32_t> category_index;
  AnnotationFindings findings;  ///< what takes no part, and what was made up

  /// Positions, -1 for an id that there is none of.
  std::int32_t image_of(const RecordId& id) const;
  std::int32_t category_of(const RecordId& id) const;
};

enum class AnnotationStyle { Coco, Lvis };  ///< LVIS has no crowds, but annotations to ignore

/// Masks are read only `with_masks`. Throws `Error` that names the record (`annotations[1041].bbox`) for what is missing, of a wrong type,
/// or twice there; annotations of unknown images or
/// categories take no part, and areas that are missing become width × height: `findings` says so.
CocoAnnotations read_coco_annotations(const JsonDocument& document, bool with_masks, AnnotationStyle style = AnnotationStyle::Coco);

/// A `segmentation` as polygons, or as RLE whose counts are a list or a text, in an image of that size. Throws `Error` at its place.
Rle read_segmentation(const JsonValue& segmentation, const CocoImage& image);

}  // namespace detforge
