#include "detforge/boxes/assigners/max_iou_assigner.h"

#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::ints;
using testing::lattice;
using testing::numbers;

std::shared_ptr<Assigner> assigner(std::initializer_list<Value::Item> options) {
  Value config = Value::dict(options);
  config["type"] = "MaxIoUAssigner";
  return bbox_assigners().build(config);
}

struct Rule {
  double pos_iou_thr, neg_low, neg_high, min_pos_iou;
  bool all, low_quality;
};

/// The rule as one would write it down, prior by prior.
std::vector<std::int64_t> by_hand(const torch::Tensor& overlaps, const Rule& rule) {
  const auto overlap = overlaps.accessor<float, 2>();
  const std::int64_t num_gts = overlaps.size(0), num_priors = overlaps.size(1);
  std::vector<std::int64_t> assigned;
  for (std::int64_t prior = 0; prior < num_priors; ++prior) {
    std::int64_t best = 0;
    for (std::int64_t gt = 1; gt < num_gts; ++gt) {
      if (overlap[gt][prior] > overlap[best][prior]) best = gt;
    }
    const float most = overlap[best][prior];
    assigned.push_back(-1);
    if (most >= static_cast<float>(rule.neg_low) && most < static_cast<float>(rule.neg_high)) assigned.back() = 0;
    if (most >= static_cast<float>(rule.pos_iou_thr)) assigned.back() = best + 1;
  }
  for (std::int64_t gt = 0; gt < num_gts && rule.low_quality; ++gt) {
    float most = overlap[gt][0];
    for (std::int64_t prior = 0; prior < num_priors; ++prior) most = std::max(most, overlap[gt][prior]);
    if (most < static_cast<float>(rule.min_pos_iou)) continue;
    for (std::int64_t prior = 0; prior < num_priors; ++prior) {
      if (overlap[gt][prior] != most) continue;
      assigned[static_cast<std::size_t>(prior)] = gt + 1;
      if (!rule.all) break;
    }
  }
  return assigned;
}

TEST(MaxIoUAssigner, FollowsTheRuleForEveryPairOfObjectsOnALattice) {
  const torch::Tensor priors = lattice(4), labels = ints({4, 2});
  const std::vector<Rule> rules = {
      {0.5, 0, 0.4, 0, true, true}, {0.7, 0, 0.3, 0.3, true, true}, {0.5, 0, 0.5, 0.5, true, false}, {0.5, 0.1, 0.4, 0.2, false, true}};
  for (const Rule& rule : rules) {
    const auto ours = assigner({{"pos_iou_thr", rule.pos_iou_thr},
                                {"neg_iou_thr", Value::tuple({rule.neg_low, rule.neg_high})},
                                {"min_pos_iou", rule.min_pos_iou},
                                {"gt_max_assign_all", rule.all},
                                {"match_low_quality", rule.low_quality}});
    for (std::int64_t i = 0; i < priors.size(0); ++i) {
      for (std::int64_t j = 0; j < priors.size(0); j += 5) {
        const torch::Tensor gts = torch::stack({priors[i], priors[j] + 0.5});
        const AssignResult result = ours->assign({.priors = priors, .gt_bboxes = gts, .gt_labels = labels});
        ASSERT_EQ(numbers(result.gt_inds), by_hand(bbox_overlaps(gts, priors), rule)) << "objects " << i << ", " << j;
        ASSERT_TRUE(result.labels.equal(assigned_labels(result.gt_inds, labels)));
      }
    }
  }
}

TEST(MaxIoUAssigner, WithoutObjectsEverythingIsBackground) {
  const auto ours = assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}});
  const AssignResult result = ours->assign({.priors = lattice(3), .gt_bboxes = torch::zeros({0, 4}), .gt_labels = ints({})});
  EXPECT_EQ(result.gt_inds.count_nonzero().item<std::int64_t>(), 0);
  EXPECT_EQ(result.max_overlaps.count_nonzero().item<std::int64_t>(), 0);
  EXPECT_TRUE((result.labels == -1).all().item<bool>());
}

TEST(MaxIoUAssigner, WithoutPriorsNothingIsAssigned) {
  const auto ours = assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}});
  const AssignResult result = ours->assign({.priors = torch::zeros({0, 4}), .gt_bboxes = lattice(3)});
  EXPECT_EQ(result.gt_inds.size(0), 0);
  EXPECT_EQ(result.num_gts, 9);
  EXPECT_FALSE(result.labels.defined());
}

TEST(MaxIoUAssigner, PriorsInIgnoredRegionsAreNeither) {
  const torch::Tensor priors = boxes({{0, 0, 10, 10}, {20, 0, 30, 10}, {20, 0, 60, 40}});
  const AssignInput input{.priors = priors, .gt_bboxes = boxes({{0, 0, 10, 10}}), .gt_bboxes_ignore = boxes({{20, 0, 32, 12}})};
  EXPECT_EQ(numbers(assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}})->assign(input).gt_inds), (std::vector<std::int64_t>{1, 0, 0}));
  EXPECT_EQ(numbers(assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}, {"ignore_iof_thr", 0.5}})->assign(input).gt_inds),
            (std::vector<std::int64_t>{1, -1, 0}));
  EXPECT_EQ(numbers(assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}, {"ignore_iof_thr", 0.5}, {"ignore_wrt_candidates", false}})
                        ->assign(input)
                        .gt_inds),
            (std::vector<std::int64_t>{1, -1, -1}));
}

TEST(MaxIoUAssigner, OfTwoObjectsThatWantOnePriorTheLastGetsIt) {
  const torch::Tensor priors = boxes({{0, 0, 10, 10}});
  const torch::Tensor gts = boxes({{0, 0, 10, 9}, {0, 0, 10, 5}});
  EXPECT_EQ(numbers(assigner({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}})->assign({.priors = priors, .gt_bboxes = gts}).gt_inds),
            (std::vector<std::int64_t>{2}));
}

TEST(ApproxMaxIoUAssigner, TakesTheBestApproximationOfEachPrior) {
  const auto ours = bbox_assigners().build(Value::dict({{"type", "ApproxMaxIoUAssigner"}, {"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}}));
  const torch::Tensor squares = lattice(3), gts = boxes({{0, 0, 2, 1}, {1, 1, 2, 2}});
  const torch::Tensor wide = squares * 2, tall = squares + 1;
  AssignInput input{.priors = squares, .gt_bboxes = gts, .approxs = torch::stack({wide, tall}, 1).view({-1, 4}), .approxs_per_octave = 2};
  const torch::Tensor wanted = torch::maximum(bbox_overlaps(gts, wide), bbox_overlaps(gts, tall)).amax(0);
  testing::expect_close(ours->assign(input).max_overlaps, wanted, 0);
  input.approxs = torch::Tensor();
  EXPECT_THROW(ours->assign(input), Error);
}

}  // namespace
}  // namespace detforge
