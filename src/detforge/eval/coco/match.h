#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/eval/voc/average_precision.h"

/// The steps of `precision_recall`, each over flat arrays.
namespace detforge::matching {

/// Bits over the IoU thresholds.
using ThresholdBits = std::uint64_t;

/// The records of one image in one category, as ranges of `CategoryRecords`.
struct Group {
  std::uint32_t detections_begin;
  std::uint32_t detections_end;
  std::uint32_t truths_begin;
  std::uint32_t truths_end;
};

struct CategoryRecords {
  std::vector<Group> groups;              ///< by image
  std::vector<std::uint32_t> truths;      ///< indices of records, group by group
  std::vector<std::uint32_t> detections;  ///< indices of records, group by group, best score first, cut to the highest maximum
  std::vector<std::uint32_t> ranking;     ///< positions in `detections`, best score of the category first
  std::vector<std::uint32_t> rank;        ///< [detections] how many of its group score better

  /// [A, detections]: thresholds at which it found something, and at which it counts for nothing.
  std::vector<ThresholdBits> matched;
  std::vector<ThresholdBits> ignored;
  std::vector<std::uint64_t> truths_counted;  ///< [A]
};

/// Sorts every record into its category and image.
std::vector<CategoryRecords> collect(const TruthColumns& truth, const DetectionColumns& detections, std::size_t categories,
                                     const MatchParameters& parameters, std::size_t threads);

/// Matches the detections of some groups for all areas and thresholds at once, best score first, each to the free ground
/// truth that it overlaps most; ground truth that is ignored only where no other is left.
void match_groups(const TruthColumns& truth, const DetectionColumns& detections, const MatchParameters& parameters,
                  std::span<const Group> groups, CategoryRecords& records);

/// Fills `result` for one category and area.
void accumulate(const DetectionColumns& detections, const MatchParameters& parameters, const CategoryRecords& records, std::size_t category,
                std::size_t area, PrecisionRecall& result);

}  // namespace detforge::matching
