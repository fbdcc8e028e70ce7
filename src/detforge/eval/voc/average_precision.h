#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "detforge/data/masks/rle.h"

/// Average precision over categories, as COCO and LVIS define it: detections are matched to ground truth per image and category,
/// for every IoU threshold and range of areas, and precision and recall are accumulated per category.
///
/// Records are flat columns; images and categories are dense indices, -1 for a record that takes no part.
namespace detforge {

struct TruthColumns {
  std::vector<std::int32_t> image;
  std::vector<std::int32_t> category;
  std::vector<BoxXywh> box;
  std::vector<double> area;
  std::vector<std::uint8_t> crowd;      ///< may be matched many times; overlap is over the detection's area
  std::vector<std::uint8_t> ignore;     ///< counts neither as found nor as missed
  std::vector<std::uint8_t> countable;  ///< 0: its detections count as unmatched (pycocotools does so for the id 0)
  std::vector<Rle> mask;                ///< only where masks are compared

  std::size_t size() const { return image.size(); }
};

struct DetectionColumns {
  std::vector<std::int32_t> image;
  std::vector<std::int32_t> category;
  std::vector<BoxXywh> box;
  std::vector<double> area;
  std::vector<double> score;
  std::vector<std::uint8_t> ignore_unmatched;  ///< may be empty; 1: no false positive (LVIS, categories not searched exhaustively)
  std::vector<Rle> mask;                       ///< only where masks are compared

  std::size_t size() const { return image.size(); }
};

struct MatchParameters {
  std::vector<double> iou_thresholds;              ///< [T], at most 64
  std::vector<double> recall_thresholds;           ///< [R], ascending
  std::vector<std::array<double, 2>> area_ranges;  ///< [A], px², both ends inside
  std::vector<std::size_t> max_detections;         ///< [M] per image and category, ascending
  bool with_masks = false;
  bool with_categories = true;  ///< false: all categories are one
};

/// `numpy.linspace`: bit for bit, ends included; `count` of at least 2.
std::vector<double> linspace(double first, double last, std::size_t count);

/// COCO's and LVIS's: 0.5 to 0.95 in ten steps; 101 recalls; all, small (up to 32²), medium (up to 96²), large.
MatchParameters default_match_parameters();

/// What is -1 was not there: categories without ground truth of that area.
struct PrecisionRecall {
  std::size_t thresholds = 0;     ///< T
  std::size_t recalls = 0;        ///< R
  std::size_t categories = 0;     ///< K
  std::size_t areas = 0;          ///< A
  std::size_t max_dets = 0;       ///< M
  std::vector<double> precision;  ///< [T, R, K, A, M]
  std::vector<double> recall;     ///< [T, K, A, M]
  std::vector<double> score;      ///< [T, R, K, A, M], of the detection at which that recall is reached

  std::size_t at(std::size_t t, std::size_t r, std::size_t k, std::size_t a, std::size_t m) const {
    return (((t * recalls + r) * categories + k) * areas + a) * max_dets + m;
  }
  std::size_t at(std::size_t t, std::size_t k, std::size_t a, std::size_t m) const {
    return ((t * categories + k) * areas + a) * max_dets + m;
  }
};

/// `categories`: how many there are. Equal scores keep the order of images and then of the records. The result does not depend on the
/// number of threads. Throws `Error` for parameters that can not be, such as no threshold at all.
PrecisionRecall precision_recall(const TruthColumns& truth, const DetectionColumns& detections, std::size_t categories,
                                 const MatchParameters& parameters, std::size_t threads);

}  // namespace detforge
