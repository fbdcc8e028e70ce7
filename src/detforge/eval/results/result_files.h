#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "detforge/data/datasets/dataset.h"
#include "detforge/data/detections.h"

/// Results of a dataset as files that others read.
namespace detforge {

enum class ResultColumns {
  All,             ///< box, and mask where there is one
  Boxes,           ///< MMDetection's `.bbox.json`
  Masks,           ///< its `.segm.json`: the box too, and the mask's own score where there is one
  RegionProposals  ///< its `.proposal.json`: every category is 1
};

/// COCO's results, class by class within an image, one record a line: `{image_id, bbox [x, y, w, h], score, category_id, segmentation}`
/// with the dataset's ids. Of other layouts than COCO's `{file_name, bbox, score, label, class}`.
std::string results_json(const Dataset& dataset, std::span<const Detections> detections, ResultColumns columns = ResultColumns::All);

/// MMDetection's `format_results`: `<prefix>.bbox.json`, and `<prefix>.segm.json` of masks; of `are_proposals` `<prefix>.proposal.json`.
/// The files that were written.
std::vector<std::filesystem::path> format_results(const Dataset& dataset, std::span<const Detections> detections, const std::string& prefix,
                                                  bool are_proposals);

/// What MMDetection's `tools/test.py --out results.pkl` writes: for each image a list of classes with `[n, 5]` float32 arrays, with masks a
/// pair of that and their run lengths, for proposals one array. A pickle of protocol 3 that Python reads with numpy.
std::string results_pickle(std::span<const Detections> detections, std::size_t classes, bool are_proposals);

}  // namespace detforge
