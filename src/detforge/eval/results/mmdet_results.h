#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "detforge/checkpoint/object.h"
#include "detforge/data/detections.h"
#include "detforge/eval/results/coco_results.h"

namespace detforge {

/// One image of a results file; the detections stand class by class.
struct ImageResult {
  Detections detections;
  std::vector<Rle> masks;          ///< [detections], or none at all
  std::vector<float> mask_scores;  ///< [detections], where masks are scored on their own
};

/// What MMDetection's `tools/test.py --out results.pkl` writes, in the dataset's order: for each image a list of classes with `[n, 5]`
/// arrays (x1, y1, x2, y2, score), a pair of that and masks as RLE, or for proposals one array.
struct MmdetResults {
  std::vector<ImageResult> images;
  std::size_t classes = 0;  ///< 0 for proposals, which have none
};

/// Reads the file as data; nothing in it is run. Throws `Error` with the record (`[12][3]`) for what has another form.
MmdetResults read_mmdet_results(const std::filesystem::path& file);
/// The same of bytes at hand; `name` takes the file's part in messages.
MmdetResults parse_mmdet_results(std::span<const std::byte> bytes, const std::string& name);

/// Throws `Error` when the results are of another number of images or classes: what stands where in them would mean something else.
void check_fit(const MmdetResults& results, std::size_t images, std::size_t classes);

/// As results in COCO's layout: images and classes get the ids that the annotations have in their file's order; with masks, areas are those
/// of masks; proposals get the first category. Throws `Error` when there are not as many images or classes.
CocoResults to_coco(const MmdetResults& results, const CocoAnnotations& annotations, bool with_masks);

}  // namespace detforge
