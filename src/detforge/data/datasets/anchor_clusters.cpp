#include "detforge/data/datasets/anchor_clusters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "detforge/data/box_overlap.h"
#include "detforge/data/datasets/dataset.h"

namespace detforge {

namespace {

/// Of two boxes around one middle.
double centered_iou(const BoxSize& a, const BoxSize& b) {
  const double iou = iou_of(std::min(a[0], b[0]) * std::min(a[1], b[1]), a[0] * a[1], b[0] * b[1]);
  return std::isnan(iou) ? 0 : iou;
}

std::size_t nearest_anchor(const BoxSize& box, std::span<const BoxSize> anchors) {
  std::size_t nearest = 0;
  double most = -1;
  for (std::size_t k = 0; k < anchors.size(); ++k) {
    const double iou = centered_iou(box, anchors[k]);
    if (iou > most) {
      most = iou;
      nearest = k;
    }
  }
  return nearest;
}

AnchorClusters sorted(std::vector<BoxSize> anchors, std::span<const BoxSize> boxes, std::size_t iterations) {
  std::stable_sort(anchors.begin(), anchors.end(), [](const BoxSize& a, const BoxSize& b) { return a[0] * a[1] < b[0] * b[1]; });
  const double iou = average_iou(boxes, anchors);
  return {std::move(anchors), iou, iterations};
}

const BoxSize& drawn(std::span<const BoxSize> boxes, Random& random) {
  return boxes[static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(boxes.size())))];
}

void require_boxes(std::span<const BoxSize> boxes, std::size_t count) {
  if (count == 0 || boxes.size() < count) {
    throw Error("there are " + std::to_string(boxes.size()) + " boxes, too few for " + std::to_string(count) + " anchors");
  }
}

/// A population of sets of anchors, each a point [w0, h0, w1, h1, …] in the unit cube.
class AnchorEvolution {
 public:
  AnchorEvolution(std::span<const BoxSize> boxes, std::size_t count, const BoxSize& input, Random& random)
      : boxes_(boxes), input_(input), random_(random), dimensions_(2 * count) {
    constexpr std::size_t members_per_parameter = 15;
    spread(members_per_parameter * dimensions_);
    for (const Point& member : members_) costs_.push_back(cost(member));
  }

  void next_generation() {
    const double mutation = 0.5 + 0.5 * random_.random_sample();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      Point trial = crossed(i, mutation);
      const double value = cost(trial);
      if (value > costs_[i]) continue;
      members_[i] = std::move(trial);
      costs_[i] = value;
    }
  }

  bool has_converged() const {
    constexpr double tolerance = 1e-4;
    const double mean = std::accumulate(costs_.begin(), costs_.end(), 0.0) / static_cast<double>(costs_.size());
    double squares = 0;
    for (const double value : costs_) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(costs_.size())) <= tolerance * std::abs(mean);
  }

  std::vector<BoxSize> best() const { return anchors_of(members_[best_index()]); }

 private:
  using Point = std::vector<double>;

  /// A Latin hypercube: along each axis the members lie one in each of as many equal pieces.
  void spread(std::size_t count) {
    members_.assign(count, Point(dimensions_));
    for (std::size_t d = 0; d < dimensions_; ++d) {
      std::vector<std::size_t> pieces(count);
      std::iota(pieces.begin(), pieces.end(), std::size_t{0});
      for (std::size_t i = count - 1; i > 0; --i) std::swap(pieces[i], pieces[any(i + 1)]);
      for (std::size_t i = 0; i < count; ++i) {
        members_[i][d] = (static_cast<double>(pieces[i]) + random_.random_sample()) / static_cast<double>(count);
      }
    }
  }

  std::size_t any(std::size_t count) { return static_cast<std::size_t>(random_.randint(0, static_cast<std::int64_t>(count))); }

  std::size_t best_index() const { return static_cast<std::size_t>(std::min_element(costs_.begin(), costs_.end()) - costs_.begin()); }

  Point crossed(std::size_t member, double mutation) {
    constexpr double recombination = 0.7;
    const std::size_t first = any(members_.size()), second = any(members_.size()), kept = any(dimensions_);
    const Point& best = members_[best_index()];
    Point trial = members_[member];
    for (std::size_t d = 0; d < dimensions_; ++d) {
      if (d != kept && random_.random_sample() >= recombination) continue;
      trial[d] = best[d] + mutation * (members_[first][d] - members_[second][d]);
      if (trial[d] < 0 || trial[d] > 1) trial[d] = random_.random_sample();
    }
    return trial;
  }

  std::vector<BoxSize> anchors_of(const Point& point) const {
    std::vector<BoxSize> anchors;
    for (std::size_t d = 0; d < dimensions_; d += 2) anchors.push_back({point[d] * input_[0], point[d + 1] * input_[1]});
    return anchors;
  }

  double cost(const Point& point) const { return 1 - average_iou(boxes_, anchors_of(point)); }

  std::span<const BoxSize> boxes_;
  BoxSize input_;
  Random& random_;
  std::size_t dimensions_;
  std::vector<Point> members_;
  std::vector<double> costs_;
};

}  // namespace

std::vector<BoxSize> input_box_sizes(const Dataset& dataset, const BoxSize& input) {
  std::vector<BoxSize> boxes;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const ImageSize& size = dataset.image(i).size;
    const auto longest = static_cast<double>(std::max(size.width, size.height));
    if (longest == 0) continue;
    for (const auto& [x1, y1, x2, y2] : dataset.annotations(i).bboxes) {
      boxes.push_back({(double{x2} - double{x1}) * input[0] / longest, (double{y2} - double{y1}) * input[1] / longest});
    }
  }
  return boxes;
}

double average_iou(std::span<const BoxSize> boxes, std::span<const BoxSize> anchors) {
  double sum = 0;
  for (const BoxSize& box : boxes) {
    double most = 0;
    for (const BoxSize& anchor : anchors) most = std::max(most, centered_iou(box, anchor));
    sum += most;
  }
  return boxes.empty() ? 0 : sum / static_cast<double>(boxes.size());
}

AnchorClusters kmeans_anchors(std::span<const BoxSize> boxes, std::size_t count, std::size_t max_iterations, Random& random) {
  require_boxes(boxes, count);
  std::vector<BoxSize> anchors;
  for (std::size_t k = 0; k < count; ++k) anchors.push_back(drawn(boxes, random));
  std::vector<std::size_t> nearest(boxes.size(), count);
  for (std::size_t iteration = 0; iteration < max_iterations; ++iteration) {
    bool has_changed = false;
    std::vector<BoxSize> sums(count);
    std::vector<std::size_t> members(count);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const std::size_t k = nearest_anchor(boxes[i], anchors);
      has_changed |= nearest[i] != k;
      nearest[i] = k;
      sums[k][0] += boxes[i][0];
      sums[k][1] += boxes[i][1];
      ++members[k];
    }
    if (!has_changed) return sorted(std::move(anchors), boxes, iteration);
    for (std::size_t k = 0; k < count; ++k) {
      const auto number = static_cast<double>(members[k]);
      anchors[k] = members[k] == 0 ? drawn(boxes, random) : BoxSize{sums[k][0] / number, sums[k][1] / number};
    }
  }
  return sorted(std::move(anchors), boxes, max_iterations);
}

AnchorClusters evolved_anchors(std::span<const BoxSize> boxes, std::size_t count, const BoxSize& input, std::size_t max_iterations,
                               Random& random) {
  require_boxes(boxes, count);
  AnchorEvolution evolution(boxes, count, input, random);
  std::size_t iteration = 0;
  while (iteration < max_iterations && !evolution.has_converged()) {
    evolution.next_generation();
    ++iteration;
  }
  return sorted(evolution.best(), boxes, iteration);
}

}  // namespace detforge
