#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "detforge/data/detections.h"
#include "detforge/data/image_meta.h"

namespace detforge {

/// The polygons of one object, each `x0, y0, x1, y1, …` in pixels.
using Polygons = std::vector<std::vector<double>>;

/// The mask of one object as an annotation file has it; nothing where the file has none.
using MaskAnnotation = std::variant<std::monostate, Polygons, Rle>;

/// The inside of the polygons, joined, in an image of this size; none give an empty mask. Throws `Error` for what can not be drawn.
Rle rle_of(const Polygons& polygons, ImageSize size);
/// The same of an annotation. Throws `Error` too where there is no mask, or one of another size.
Rle rle_of(const MaskAnnotation& mask, ImageSize size);

/// One region of a panoptic PNG.
struct PanopticSegment {
  std::int64_t id = 0;        ///< the colour in the PNG: R + 256 G + 65536 B
  std::int64_t category = 0;  ///< class index; stuff comes after the things
  bool is_thing = false;
};

/// What a dataset knows about one image: MMDetection's `ann_info`, which `LoadAnnotations` reads. Flat columns.
struct AnnInfo {
  std::vector<BoxXyxy> bboxes;              ///< [N, 4] px
  std::vector<std::int64_t> labels;         ///< [N]
  std::vector<BoxXyxy> bboxes_ignore;       ///< [M, 4]: crowds, VOC's difficult objects
  std::vector<std::int64_t> labels_ignore;  ///< [M] or empty
  std::vector<MaskAnnotation> masks;        ///< [N] or empty
  std::vector<std::uint8_t> is_group_of;    ///< [N] or empty; OpenImages
  std::string seg_map;                      ///< file of the semantic or panoptic map, relative to `seg_prefix`
  std::vector<PanopticSegment> segments;    ///< of the panoptic map
};

}  // namespace detforge
