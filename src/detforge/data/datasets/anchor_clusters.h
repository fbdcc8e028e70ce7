#pragma once

#include <array>
#include <span>
#include <vector>

#include "detforge/base/random.h"

namespace detforge {

class Dataset;

/// Width and height in px.
using BoxSize = std::array<double, 2>;

/// Anchors for YOLO out of a dataset's boxes, smallest area first.
struct AnchorClusters {
  std::vector<BoxSize> anchors;
  double average_iou = 0;  ///< of each box with the anchor that overlaps it most, both around one middle
  std::size_t iterations = 0;
};

/// The boxes of a dataset as they are in an input of that size: both sides of the image are divided by its longer one, as MMDetection's
/// `optimize_anchors` does it.
std::vector<BoxSize> input_box_sizes(const Dataset& dataset, const BoxSize& input);

/// The mean over the boxes of the largest overlap with an anchor.
double average_iou(std::span<const BoxSize> boxes, std::span<const BoxSize> anchors);

/// k-means with 1 - IoU as the distance, from boxes drawn at random, until no box changes its anchor. An anchor that no box is nearest to
/// moves to a box drawn anew. Throws `Error` for fewer boxes than anchors.
AnchorClusters kmeans_anchors(std::span<const BoxSize> boxes, std::size_t count, std::size_t max_iterations, Random& random);

/// Differential evolution (Storn and Price, 1997; best/1/bin, mutation 0.5 to 1 by generation, recombination 0.7, 15 members a parameter)
/// of anchors within `input` towards the largest average IoU, until the members' values differ by less than 0.01 %. Slow, often better.
AnchorClusters evolved_anchors(std::span<const BoxSize> boxes, std::size_t count, const BoxSize& input, std::size_t max_iterations,
                               Random& random);

}  // namespace detforge
