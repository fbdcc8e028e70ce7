#include <set>

#include "detforge/boxes/samplers/sampler.h"
#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::ints;
using testing::numbers;

using Inds = std::vector<std::int64_t>;

/// The score of a box's class 0 and its loss are its width in hundredths; boxes stay where they are.
class WidthHead {
 public:
  WidthHead() : coder_(bbox_coders().build(Value::dict({{"type", "PseudoBBoxCoder"}}))) {}

  SampleContext context() const {
    return {.judge =
                [](const torch::Tensor& boxes, const torch::Tensor&, const std::string&) {
                  const torch::Tensor width = (boxes.select(1, 2) - boxes.select(1, 0)) / 100;
                  const torch::Tensor logits = torch::stack({(width / (1 - width)).log(), torch::zeros_like(width)}, 1);
                  return Judgement{width, logits, boxes};
                },
            .num_classes = 1,
            .bbox_coder = coder_.get()};
  }

 private:
  std::shared_ptr<BBoxCoder> coder_;
};

/// 20 positives of 4 objects, then 60 negatives of growing overlap, then 20 that are neither; widths from 1 to 99 px.
struct Image {
  torch::Tensor priors = torch::zeros({100, 4});
  torch::Tensor gt_bboxes = torch::zeros({4, 4});
  torch::Tensor gt_labels = torch::zeros({4}, torch::kLong);
  AssignResult assigned;

  Image() {
    priors.select(1, 0) = torch::arange(100) * 200;
    priors.select(1, 2) = priors.select(1, 0) + 1 + (torch::arange(100) * 37).remainder(99);
    priors.select(1, 3) = 50;
    gt_bboxes.slice(1, 2, 4) = torch::tensor({10.F, 20.F});
    torch::Tensor gt_inds = torch::full({100}, -1, torch::kLong);
    gt_inds.slice(0, 0, 20) = torch::arange(20).remainder(4) + 1;
    gt_inds.slice(0, 20, 80) = 0;
    torch::Tensor overlaps = torch::full({100}, 0.8F);
    overlaps.slice(0, 20, 80) = torch::arange(60) / 120.0;
    assigned = {.num_gts = 4, .gt_inds = gt_inds, .max_overlaps = overlaps, .labels = assigned_labels(gt_inds, gt_labels)};
  }
};

std::shared_ptr<Sampler> build(const std::string& type, Value options) {
  options["type"] = type;
  if (type == "CombinedSampler") {
    options["pos_sampler"] = Value::dict({{"type", "InstanceBalancedPosSampler"}});
    options["neg_sampler"] = Value::dict({{"type", "IoUBalancedNegSampler"}, {"floor_thr", 0.1}, {"floor_fraction", 0.2}});
  }
  return bbox_samplers().build(options);
}

class EverySampler : public ::testing::TestWithParam<const char*> {
 protected:
  SamplingResult sample(Value options, const Image& image = {}) const {
    return build(GetParam(), std::move(options))->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels, head_.context());
  }

 private:
  WidthHead head_;
};

TEST_P(EverySampler, KeepsItsNumbersAndNoPriorTwice) {
  const Image image;
  for (const std::int64_t num : {0, 1, 7, 16, 40, 100}) {
    for (const double pos_fraction : {0.0, 0.25, 0.5, 1.0}) {
      const SamplingResult result =
          sample(Value::dict({{"num", num}, {"pos_fraction", pos_fraction}, {"add_gt_as_proposals", false}}), image);
      const auto wanted = static_cast<std::int64_t>(static_cast<double>(num) * pos_fraction);
      const Inds pos = numbers(result.pos_inds), neg = numbers(result.neg_inds);
      ASSERT_EQ(pos.size(), std::min<std::size_t>(20, static_cast<std::size_t>(wanted)));
      ASSERT_EQ(neg.size(), std::min<std::size_t>(60, static_cast<std::size_t>(num) - pos.size())) << num << ' ' << pos_fraction;
      EXPECT_EQ(std::set<std::int64_t>(pos.begin(), pos.end()).size(), pos.size());
      EXPECT_EQ(std::set<std::int64_t>(neg.begin(), neg.end()).size(), neg.size());
      for (const std::int64_t i : pos) EXPECT_TRUE(i < 20);
      for (const std::int64_t i : neg) EXPECT_TRUE(i >= 20 && i < 80);
      EXPECT_TRUE(result.pos_bboxes.equal(image.priors.index_select(0, result.pos_inds)));
    }
  }
}

TEST_P(EverySampler, AddsTheObjectsInFront) {
  const SamplingResult result = sample(Value::dict({{"num", 200}, {"pos_fraction", 1.0}}));
  EXPECT_EQ(result.pos_inds.size(0), 24);
  EXPECT_EQ(numbers(result.pos_is_gt.slice(0, 0, 5)), (Inds{1, 1, 1, 1, 0}));
  EXPECT_EQ(numbers(result.pos_assigned_gt_inds.slice(0, 0, 5)), (Inds{0, 1, 2, 3, 0}));
}

TEST_P(EverySampler, LimitsNegativesByPositives) {
  const Value options = Value::dict({{"num", 60}, {"pos_fraction", 0.1}, {"neg_pos_ub", 3}, {"add_gt_as_proposals", false}});
  EXPECT_EQ(sample(options).neg_inds.size(0), 18);
  Image without;
  without.assigned.gt_inds.slice(0, 0, 20) = -1;
  EXPECT_EQ(sample(options, without).neg_inds.size(0), 3);
}

TEST_P(EverySampler, IsFixedByTorchsSeed) {
  const Value options = Value::dict({{"num", 16}, {"pos_fraction", 0.5}});
  torch::manual_seed(7);
  const SamplingResult first = sample(options);
  torch::manual_seed(7);
  const SamplingResult second = sample(options);
  EXPECT_EQ(numbers(first.pos_inds), numbers(second.pos_inds));
  EXPECT_EQ(numbers(first.neg_inds), numbers(second.neg_inds));
}

TEST_P(EverySampler, NeedsNoObjects) {
  Image image;
  image.gt_bboxes = torch::zeros({0, 4});
  image.gt_labels = ints({});
  image.assigned.gt_inds.fill_(0);
  const SamplingResult result = sample(Value::dict({{"num", 10}, {"pos_fraction", 0.5}}), image);
  EXPECT_EQ(result.pos_inds.size(0), 0);
  EXPECT_EQ(result.neg_inds.size(0), 10);
  EXPECT_EQ(result.pos_gt_bboxes.sizes(), (Inds{0, 4}));
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler,
                         ::testing::Values("RandomSampler", "InstanceBalancedPosSampler", "IoUBalancedNegSampler", "CombinedSampler",
                                           "OHEMSampler", "ScoreHLRSampler"),
                         [](const auto& test) { return std::string(test.param); });

TEST(InstanceBalancedPosSampler, TakesAboutAsManyOfEachObject) {
  Image image;
  image.assigned.gt_inds.slice(0, 0, 20) = 1;  // one object has many, three have one each
  image.assigned.gt_inds.slice(0, 17, 20) = ints({2, 3, 4});
  const auto sampler =
      build("InstanceBalancedPosSampler", Value::dict({{"num", 8}, {"pos_fraction", 1.0}, {"add_gt_as_proposals", false}}));
  const SamplingResult result = sampler->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels);
  const Inds gts = numbers(result.pos_assigned_gt_inds);
  for (const std::int64_t gt : {1, 2, 3}) EXPECT_EQ(std::count(gts.begin(), gts.end(), gt), 1);
  EXPECT_EQ(gts.size(), 8U);
}

TEST(IoUBalancedNegSampler, TakesAsManyFromEachIntervalAndTheFloor) {
  Image image;
  image.assigned.max_overlaps.fill_(0.5F);
  image.assigned.max_overlaps.slice(0, 20, 80) = (torch::arange(60) + 0.5) / 120.0;  // none on a border of intervals
  const auto sampler = build("IoUBalancedNegSampler", Value::dict({{"num", 20},
                                                                   {"pos_fraction", 0.0},
                                                                   {"floor_thr", 0.2},
                                                                   {"floor_fraction", 0.4},
                                                                   {"num_bins", 3},
                                                                   {"add_gt_as_proposals", false}}));
  const SamplingResult result = sampler->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels);
  const torch::Tensor overlaps = image.assigned.max_overlaps.index_select(0, result.neg_inds);
  const auto between = [&](double low, double high) { return (overlaps >= low).logical_and(overlaps < high).sum().item<std::int64_t>(); };
  EXPECT_EQ(between(0, 0.2), 8);
  EXPECT_EQ(between(0.2, 0.3), 4);
  EXPECT_EQ(between(0.3, 0.4), 4);
  EXPECT_EQ(between(0.4, 0.5), 4);
}

TEST(OHEMSampler, TakesTheLargestLosses) {
  const Image image;
  const auto sampler = build("OHEMSampler", Value::dict({{"num", 10}, {"pos_fraction", 0.3}, {"add_gt_as_proposals", false}}));
  const SamplingResult result = sampler->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels, WidthHead().context());
  const torch::Tensor losses = image.priors.select(1, 2) - image.priors.select(1, 0);
  const auto hardest = [&](std::int64_t start, std::int64_t end, std::int64_t count) {
    return numbers(std::get<0>((std::get<1>(losses.slice(0, start, end).topk(count)) + start).sort()));
  };
  EXPECT_EQ(numbers(result.pos_inds), hardest(0, 20, 3));
  EXPECT_EQ(numbers(result.neg_inds), hardest(20, 80, 7));
  EXPECT_THROW(sampler->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels), Error);
}

TEST(ScoreHLRSampler, RanksWhatScoresAndKeepsTheSumOfTheLosses) {
  const Image image;
  const auto sampler = build("ScoreHLRSampler", Value::dict({{"num", 30}, {"pos_fraction", 0.0}, {"add_gt_as_proposals", false}}));
  const SamplingResult result = sampler->sample(image.assigned, image.priors, image.gt_bboxes, image.gt_labels, WidthHead().context());
  ASSERT_EQ(result.neg_label_weights.size(0), 30);
  const torch::Tensor losses = (result.neg_bboxes.select(1, 2) - result.neg_bboxes.select(1, 0)) / 100;
  EXPECT_NEAR((losses * result.neg_label_weights).sum().item<double>(), losses.sum().item<double>(), 1e-4);
  // No two boxes overlap, so ranks are those of the scores, and weights fall with them.
  EXPECT_TRUE(losses.argsort().equal(result.neg_label_weights.argsort()));
}

TEST(PseudoSampler, TakesEverythingThatIsObjectOrBackground) {
  const Image image;
  const auto sampler = bbox_samplers().build(Value::dict({{"type", "PseudoSampler"}}));
  const SamplingResult result = sampler->sample(image.assigned, image.priors, image.gt_bboxes);
  EXPECT_EQ(result.pos_inds.size(0), 20);
  EXPECT_EQ(result.neg_inds.size(0), 60);
}

}  // namespace
}  // namespace detforge
