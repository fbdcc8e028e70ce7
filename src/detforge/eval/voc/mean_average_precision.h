#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detforge/data/detections.h"

/// MMDetection's mean average precision (`eval_map`), in its variants for Pascal VOC, ImageNet and OpenImages, and its recall of
/// proposals (`eval_recalls`): the same steps in the same precision.
namespace detforge {

/// What is to be found in one image; pixels.
struct ImageTruth {
  std::vector<BoxXyxy> boxes;
  std::vector<std::int64_t> labels;    ///< [boxes]
  std::vector<BoxXyxy> ignored_boxes;  ///< VOC's difficult ones: neither found nor missed
  std::vector<std::int64_t> ignored_labels;
  std::vector<std::uint8_t> is_group;  ///< [boxes] OpenImages' group-of; empty: none
};

enum class MapRule {
  Voc,        ///< a detection counts for what it overlaps most, whether that is taken or not
  ImageNet,   ///< the best one that is free; small boxes have a lower threshold
  OpenImages  ///< as VOC; detections inside a group count once for it
};

struct MapOptions {
  MapRule rule = MapRule::Voc;
  bool eleven_points = false;  ///< VOC 2007: the mean of the best precision at recalls 0, 0.1 … 1; else the area below the curve
  double iou_threshold = 0.5;
  double group_threshold = 0.5;                     ///< of intersection over the detection
  std::vector<std::array<double, 2>> scale_ranges;  ///< [S] √area from, to (not included); empty: one that holds all
  bool legacy_coordinates = false;                  ///< a box from 3 to 5 is 3 wide, as in VOC's own tools
};

struct ClassPrecision {
  std::vector<std::size_t> truths;  ///< [S]
  std::size_t detections = 0;
  std::vector<float> scores;                   ///< [detections], best first
  std::vector<std::vector<double>> recall;     ///< [S, detections], best score first
  std::vector<std::vector<double>> precision;  ///< [S, detections], single precision unless groups count
  std::vector<float> average_precision;        ///< [S]
};

struct MapResult {
  std::vector<float> mean;  ///< [S], over the classes that have ground truth; 0 where none has
  std::vector<ClassPrecision> classes;
};

/// `detections[image]`, `truth[image]`; labels from 0 to `classes`. Equal scores keep their order. Throws `Error` when the two differ in
/// length.
MapResult mean_average_precision(std::span<const Detections> detections, std::span<const ImageTruth> truth, std::size_t classes,
                                 const MapOptions& options, std::size_t threads);

/// Of one curve, by area or by eleven points.
float average_precision(std::span<const double> recall, std::span<const double> precision, bool eleven_points);

/// MMDetection's table: ground truths, detections, recall and AP of each class, and the mean; one table a scale.
std::string map_text(const MapResult& result, const std::vector<std::string>& names, const MapOptions& options);

/// [proposal_counts, iou_thresholds]: which part of all ground truth is found by the first so many proposals of each image (best score
/// first), each proposal finding one. Throws `Error` when the two differ in length.
std::vector<std::vector<double>> proposal_recalls(std::span<const std::vector<BoxXyxy>> truth, std::span<const Detections> proposals,
                                                  std::span<const std::size_t> proposal_counts, std::span<const double> iou_thresholds,
                                                  bool legacy_coordinates);

namespace map_matching {

/// One class in one image.
struct ImageClass {
  std::vector<BoxXyxy> boxes;
  std::vector<float> scores;
  std::vector<BoxXyxy> truths;  ///< the ignored ones last
  std::vector<std::uint8_t> is_ignored;
  std::vector<std::uint8_t> is_group;
};

/// What each detection is, per scale; a group's rows come after the detections that did not match one.
struct Verdicts {
  std::vector<float> scores;
  std::vector<std::vector<std::uint8_t>> right;  ///< [S, scores]
  std::vector<std::vector<std::uint8_t>> wrong;
  bool with_groups = false;  ///< whether some rows are a group's
};

Verdicts judge(const ImageClass& image, const MapOptions& options);

}  // namespace map_matching

}  // namespace detforge
