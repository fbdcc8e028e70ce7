#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/data/formats/voc_xml.h"
#include "detforge/eval/coco/coco_annotations.h"
#include "detforge/eval/results/mmdet_results.h"
#include "detforge/eval/voc/mean_average_precision.h"

namespace detforge {

/// Ground truth by image for mean average precision, in the order of MMDetection's results.
struct MapAnnotations {
  std::vector<std::string> classes;
  std::vector<RecordId> category_ids;    ///< [classes] of COCO's layout; empty for VOC's, where a class's index is its id
  std::vector<std::string> image_names;  ///< `000012`: file names without folder and extension
  std::vector<std::string> image_files;  ///< [images] as the annotations say, or `000012.jpg`
  std::vector<RecordId> image_ids;       ///< of COCO's layout; empty for VOC's
  std::vector<ImageTruth> truth;         ///< [images]
  bool is_voc2007 = false;               ///< by the name of a folder, as MMDetection tells it
  AnnotationFindings findings = {};      ///< what takes no part
};

/// From VOC's layout: `images` is a list of names, `VOC2007/ImageSets/Main/test.txt`, or a folder of XML files; boxes become 0-based whole
/// pixels, difficult ones are ignored ground truth, objects of other classes take no part. Throws `Error` that names file and object, and
/// when all objects are of other classes.
MapAnnotations read_voc_annotations(const std::filesystem::path& images, const std::vector<std::string>& classes);

/// One image's XML; `file` is its name in messages. Objects of other classes are noted in `findings`.
ImageTruth parse_voc_annotation(std::string_view xml, const std::vector<std::string>& classes, const std::string& file,
                                AnnotationFindings& findings);

/// From COCO's layout; crowds are ignored ground truth.
MapAnnotations map_annotations(const CocoAnnotations& annotations);

/// From JSON: a list of `{file_name or image_id, class or label or category_id, bbox [x, y, w, h], score}`; `detect --json` writes this.
/// Throws `Error` that names the record.
std::vector<Detections> read_map_results(const JsonDocument& document, const MapAnnotations& annotations);
/// From MMDetection's results. Throws `Error` when there are not as many images or classes.
std::vector<Detections> to_map(MmdetResults results, const MapAnnotations& annotations);

}  // namespace detforge
