#include "detforge/eval/coco/match.h"

#include <algorithm>
#include <bit>

namespace detforge::matching {

namespace {

/// A ground truth that a detection overlaps enough for the lowest threshold.
struct Candidate {
  std::uint32_t truth;  ///< within its group
  double iou;
  ThresholdBits enough;
};

bool outside(double area, const std::array<double, 2>& range) { return area < range[0] || area > range[1]; }

class GroupMatcher {
 public:
  GroupMatcher(const TruthColumns& truth, const DetectionColumns& detections, const MatchParameters& parameters, CategoryRecords& records)
      : truth_(truth), detections_(detections), parameters_(parameters), records_(records) {
    for (const double threshold : parameters.iou_thresholds) thresholds_.push_back(std::min(threshold, 1 - 1e-10));
    lowest_ = *std::min_element(thresholds_.begin(), thresholds_.end());
    all_ = ~ThresholdBits{0} >> (64 - thresholds_.size());
  }

  void match(const Group& group) {
    const std::size_t truths = group.truths_end - group.truths_begin;
    prepare(group);
    for (std::uint32_t d = group.detections_begin; d < group.detections_end; ++d) {
      const std::uint32_t record = records_.detections[d];
      if (truths > 0) find_candidates(group, record);
      const bool ignorable = !detections_.ignore_unmatched.empty() && detections_.ignore_unmatched[record] != 0;
      for (std::size_t a = 0; a < parameters_.area_ranges.size(); ++a) {
        ThresholdBits matched = 0;
        ThresholdBits ignored = 0;
        if (!candidates_.empty()) match_in_area(group, a * truths, matched, ignored);
        if (ignorable || outside(detections_.area[record], parameters_.area_ranges[a])) ignored |= all_ & ~matched;
        const std::size_t slot = a * records_.detections.size() + d;
        records_.matched[slot] = matched;
        records_.ignored[slot] = ignored;
      }
      candidates_.clear();
    }
  }

 private:
  void prepare(const Group& group) {
    const std::size_t truths = group.truths_end - group.truths_begin;
    taken_.assign(truths * parameters_.area_ranges.size(), 0);
    ignored_truth_.resize(taken_.size());
    boxes_.resize(parameters_.with_masks ? truths : 0);
    for (std::size_t g = 0; g < truths; ++g) {
      const std::uint32_t record = records_.truths[group.truths_begin + g];
      for (std::size_t a = 0; a < parameters_.area_ranges.size(); ++a) {
        ignored_truth_[a * truths + g] = truth_.ignore[record] != 0 || outside(truth_.area[record], parameters_.area_ranges[a]);
      }
      if (parameters_.with_masks) boxes_[g] = box_of(truth_.mask[record]);
    }
  }

  void find_candidates(const Group& group, std::uint32_t detection) {
    const BoxXywh mask_box = parameters_.with_masks ? box_of(detections_.mask[detection]) : BoxXywh{};
    for (std::uint32_t g = group.truths_begin; g < group.truths_end; ++g) {
      const std::uint32_t record = records_.truths[g];
      const bool crowd = truth_.crowd[record] != 0;
      const double iou = parameters_.with_masks
                             ? overlap(detections_.mask[detection], mask_box, truth_.mask[record], boxes_[g - group.truths_begin], crowd)
                             : overlap(detections_.box[detection], truth_.box[record], crowd);
      if (iou < lowest_) continue;
      ThresholdBits enough = 0;
      for (std::size_t t = 0; t < thresholds_.size(); ++t) enough |= ThresholdBits{!(iou < thresholds_[t])} << t;
      candidates_.push_back({g - group.truths_begin, iou, enough});
    }
  }

  /// Every threshold on its own takes the best free candidate, of equally good ones the last; ignored ones come second.
  void match_in_area(const Group& group, std::size_t row, ThresholdBits& matched, ThresholdBits& ignored) {
    ThresholdBits open = all_;
    for (const bool among_ignored : {false, true}) {
      ThresholdBits found = 0;
      for (const Candidate& candidate : candidates_) {
        if (ignored_truth_[row + candidate.truth] == among_ignored) found |= free(group, row, candidate);
      }
      for (found &= open; found != 0; found &= found - 1) {
        const ThresholdBits bit = found & (~found + 1);
        const Candidate* best = nullptr;
        for (const Candidate& candidate : candidates_) {
          if (ignored_truth_[row + candidate.truth] != among_ignored || (free(group, row, candidate) & bit) == 0) continue;
          if (best == nullptr || candidate.iou >= best->iou) best = &candidate;
        }
        taken_[row + best->truth] |= bit;
        open &= ~bit;
        if (among_ignored) ignored |= bit;
        if (truth_.countable[records_.truths[group.truths_begin + best->truth]] != 0) matched |= bit;
      }
    }
  }

  ThresholdBits free(const Group& group, std::size_t row, const Candidate& candidate) const {
    const bool crowd = truth_.crowd[records_.truths[group.truths_begin + candidate.truth]] != 0;
    return crowd ? candidate.enough : candidate.enough & ~taken_[row + candidate.truth];
  }

  const TruthColumns& truth_;
  const DetectionColumns& detections_;
  const MatchParameters& parameters_;
  CategoryRecords& records_;
  std::vector<double> thresholds_;
  double lowest_ = 0;
  ThresholdBits all_ = 0;
  // Of the group at hand; rows are areas, columns its ground truths.
  std::vector<ThresholdBits> taken_;
  std::vector<std::uint8_t> ignored_truth_;
  std::vector<BoxXywh> boxes_;
  std::vector<Candidate> candidates_;
};

}  // namespace

void match_groups(const TruthColumns& truth, const DetectionColumns& detections, const MatchParameters& parameters,
                  std::span<const Group> groups, CategoryRecords& records) {
  GroupMatcher matcher(truth, detections, parameters, records);
  for (const Group& group : groups) matcher.match(group);
}

}  // namespace detforge::matching
