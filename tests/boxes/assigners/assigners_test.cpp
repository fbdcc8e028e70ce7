#include "detforge/boxes/assigners/assigner.h"

#include "detforge/boxes/bbox_overlaps.h"
#include "detforge/boxes/prior_generators/prior_generator.h"
#include "tests/boxes/boxes.h"

/// What holds for all assigners, and rules that are short enough to be tested side by side.
namespace detforge {
namespace {

using testing::boxes;
using testing::ints;
using testing::numbers;

using Inds = std::vector<std::int64_t>;

std::shared_ptr<Assigner> build(const char* type, Value options = Value::dict()) {
  options["type"] = type;
  return bbox_assigners().build(options);
}

/// A 4 × 4 map of 8 px cells: one square of 16 px around the middle of each.
AssignInput grid_input(const torch::Tensor& gt_bboxes, const torch::Tensor& gt_labels) {
  const torch::Tensor points = grid_points({4, 4}, {8, 8}, 0.5, torch::kFloat);
  const torch::Tensor stride = torch::full({16, 2}, 8.F);
  AssignInput input;
  input.priors = torch::cat({points - 8, points + 8}, 1);
  input.gt_bboxes = gt_bboxes;
  input.gt_labels = gt_labels;
  input.num_level_priors = {16};
  input.box_responsible_flags = torch::ones({16}, torch::kByte);
  input.approxs = input.priors;
  input.cls_scores = torch::full({16, 3}, 0.5F);
  input.decoded_bboxes = input.priors;
  input.img_shape = {32, 32};
  input.valid_flags = torch::ones({16}, torch::kBool);
  input.featmap_sizes = {{4, 4}};
  input.anchor_strides = {8};
  input.anchor_scale = 2;
  input.mask_preds = torch::zeros({16, 4, 4});
  input.gt_masks = torch::zeros({gt_bboxes.size(0), 4, 4});
  return input;
}

Value options_of(const std::string& type) {
  if (type.ends_with("MaxIoUAssigner") || type == "GridAssigner") return Value::dict({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.4}});
  if (type == "ATSSAssigner" || type == "TaskAlignedAssigner") return Value::dict({{"topk", 3}});
  if (type == "CenterRegionAssigner") return Value::dict({{"pos_scale", 0.2}, {"neg_scale", 0.5}});
  if (type == "UniformAssigner") return Value::dict({{"pos_ignore_thr", 0.15}, {"neg_ignore_thr", 0.7}});
  return Value::dict();
}

class EveryAssigner : public ::testing::TestWithParam<const RegistryBase::Entry*> {
 protected:
  std::shared_ptr<Assigner> assigner() const { return build(GetParam()->info.name.c_str(), options_of(GetParam()->info.name)); }
};

AssignInput for_points(AssignInput input, const std::string& type) {
  if (type == "PointAssigner" || type == "SimOTAAssigner") {
    input.priors = torch::cat({(input.priors.slice(1, 0, 2) + input.priors.slice(1, 2, 4)) / 2, torch::full({16, 2}, 8.F)}, 1);
  }
  return input;
}

TEST_P(EveryAssigner, TakesAllForBackgroundWhereThereIsNoObject) {
  const AssignInput input = for_points(grid_input(torch::zeros({0, 4}), ints({})), GetParam()->info.name);
  const AssignResult result = assigner()->assign(input);
  EXPECT_EQ(result.num_gts, 0);
  EXPECT_EQ(numbers(result.gt_inds), Inds(16, 0));
  EXPECT_EQ(numbers(result.labels), Inds(16, -1));
}

TEST_P(EveryAssigner, NamesObjectsThatThereAreAndTheirClasses) {
  const AssignInput input = for_points(grid_input(boxes({{2, 2, 19, 19}, {14, 10, 31, 30}}), ints({2, 0})), GetParam()->info.name);
  const AssignResult result = assigner()->assign(input);
  const Inds inds = numbers(result.gt_inds), labels = numbers(result.labels);
  ASSERT_EQ(inds.size(), 16U);
  std::int64_t positives = 0;
  for (std::size_t i = 0; i < inds.size(); ++i) {
    EXPECT_TRUE(inds[i] >= -1 && inds[i] <= 2);
    EXPECT_EQ(labels[i], inds[i] == 1 ? 2 : inds[i] == 2 ? 0 : -1);
    positives += inds[i] > 0;
  }
  EXPECT_GE(positives, 1);
}

INSTANTIATE_TEST_SUITE_P(Assigners, EveryAssigner, ::testing::ValuesIn(bbox_assigners().entries()),
                         [](const auto& entry) { return entry.param->info.name; });

TEST(PointAssigner, ChoosesTheLevelBySizeAndTheNearestObject) {
  const auto assigner = build("PointAssigner", Value::dict({{"scale", 4}, {"pos_num", 2}}));
  const torch::Tensor fine = torch::cat({grid_points({2, 4}, {8, 8}, 0, torch::kFloat), torch::full({8, 1}, 8.F)}, 1);
  const torch::Tensor coarse = torch::cat({grid_points({1, 2}, {16, 16}, 0, torch::kFloat), torch::full({2, 1}, 16.F)}, 1);
  // 32 px: level of stride 8; 64 px: of stride 16. The two small ones want the same points.
  const torch::Tensor gts = boxes({{-12, -16, 20, 16}, {-6, -16, 26, 16}, {-32, -32, 32, 32}});
  const AssignResult result = assigner->assign({.priors = torch::cat({fine, coarse}), .gt_bboxes = gts, .gt_labels = ints({5, 6, 7})});
  EXPECT_EQ(numbers(result.gt_inds), (Inds{1, 2, 2, 0, 0, 0, 0, 0, 3, 3}));
  EXPECT_FALSE(result.max_overlaps.defined());
}

TEST(GridAssigner, OnlyTheResponsibleCellIsPositive) {
  AssignInput input = grid_input(boxes({{1, 1, 15, 15}}), ints({1}));
  input.box_responsible_flags = torch::zeros({16}, torch::kByte);
  input.box_responsible_flags[5] = 1;
  const auto assigner = build("GridAssigner", Value::dict({{"pos_iou_thr", 0.5}, {"neg_iou_thr", 0.3}}));
  const AssignResult result = assigner->assign(input);
  Inds wanted(16, 0);
  for (const std::size_t prior : {0U, 1U, 4U}) wanted[prior] = -1;  // overlap by more than background does, but are not responsible
  wanted[5] = 1;
  EXPECT_EQ(numbers(result.gt_inds), wanted);
  input.box_responsible_flags = torch::Tensor();
  EXPECT_THROW(assigner->assign(input), Error);
}

TEST(AtssAssigner, PriorsInIgnoredRegionsAreNeither) {
  AssignInput input = grid_input(boxes({{0, 0, 16, 16}}), ints({1}));
  input.gt_bboxes_ignore = boxes({{16, 16, 40, 40}});
  const AssignResult result = build("ATSSAssigner", Value::dict({{"topk", 4}, {"ignore_iof_thr", 0.9}}))->assign(input);
  EXPECT_EQ(result.gt_inds[15].item<std::int64_t>(), -1);
  EXPECT_EQ(result.gt_inds[12].item<std::int64_t>(), 0);
}

TEST(CenterRegionAssigner, SmallObjectsComeFirstAndShadowsAreNotHeldWrong) {
  const AssignInput input = grid_input(boxes({{0, 0, 32, 32}, {4, 4, 20, 20}}), ints({0, 1}));
  const AssignResult result = build("CenterRegionAssigner", Value::dict({{"pos_scale", 0.5}, {"neg_scale", 0.9}}))->assign(input);
  // Prior 5 has its centre (12, 12) in both cores.
  EXPECT_EQ(result.gt_inds[5].item<std::int64_t>(), 2);
  EXPECT_EQ(result.labels[5].item<std::int64_t>(), 1);
  const torch::Tensor shadows = result.shadowed_labels.index({result.shadowed_labels.select(1, 0) == 5});
  EXPECT_EQ(numbers(shadows), (Inds{5, 0}));
}

TEST(CenterRegionAssigner, ForegroundDominatesTheShadowOfItsClassWhenAskedTo) {
  const AssignInput input = grid_input(boxes({{0, 0, 32, 32}, {4, 4, 20, 20}}), ints({1, 1}));
  const Value options = Value::dict({{"pos_scale", 0.5}, {"neg_scale", 0.9}});
  EXPECT_EQ(build("CenterRegionAssigner", options)->assign(input).gt_inds[5].item<std::int64_t>(), 0);
  Value dominant = options;
  dominant["foreground_dominate"] = true;
  EXPECT_EQ(build("CenterRegionAssigner", dominant)->assign(input).gt_inds[5].item<std::int64_t>(), 2);
}

TEST(RegionAssigner, AssignsTheMiddleIgnoresTheRimAndTheFirstAnchor) {
  AssignInput input = grid_input(boxes({{8, 8, 32, 32}}), ints({1}));
  input.allowed_border = -1;
  const AssignResult result = build("RegionAssigner", Value::dict({{"center_ratio", 0.1}, {"ignore_ratio", 0.7}}))->assign(input);
  // In strides the object is 1…4: its middle rounds to 2…3, the region that is ignored to 1…4. Anchors have their centres at ½, 1½, …
  EXPECT_EQ(numbers(result.gt_inds), (Inds{-1, 0, 0, 0, 0, -1, -1, -1, 0, -1, 1, -1, 0, -1, -1, -1}));
  input.valid_flags = torch::zeros({16}, torch::kBool);
  EXPECT_EQ(numbers(build("RegionAssigner")->assign(input).gt_inds), Inds(16, -1));
  input.gt_bboxes_ignore = boxes({{0, 0, 1, 1}});
  EXPECT_THROW(build("RegionAssigner")->assign(input), Error);
}

TEST(RegionAssigner, IgnoresTheSecondAnchorOfALevelThatANeighboursObjectReaches) {
  const auto level = [](std::int64_t cells, double stride) {
    const torch::Tensor points = grid_points({cells, cells}, {stride, stride}, 0.5, torch::kFloat);
    return torch::cat({points - stride, points + stride}, 1);
  };
  AssignInput input = grid_input(boxes({{0, 0, 16, 16}}), ints({1}));
  input.priors = torch::cat({level(4, 8), level(2, 16)});
  input.num_level_priors = {16, 4};
  input.featmap_sizes = {{4, 4}, {2, 2}};
  input.anchor_strides = {8, 16};
  input.valid_flags = torch::ones({20}, torch::kBool);
  input.allowed_border = -1;
  const auto assigner = build("RegionAssigner", Value::dict({{"center_ratio", 0.2}, {"ignore_ratio", 1.0}}));
  EXPECT_EQ(numbers(assigner->assign(input).gt_inds.slice(0, 16, 20)), (Inds{-1, -1, 0, 0}));
  input.gt_bboxes = boxes({{0, 0, 16, 16}, {0, 0, 8, 8}, {16, 0, 32, 16}, {0, 16, 16, 32}, {16, 16, 32, 32}});
  input.gt_labels = ints({1, 1, 1, 1, 1});
  EXPECT_EQ(numbers(assigner->assign(input).gt_inds.slice(0, 16, 20)), (Inds{0, -1, 0, 0}));
}

TEST(UniformAssigner, LeavesOutMatchesThatAreTooFarAway) {
  AssignInput input = grid_input(boxes({{0, 0, 16, 16}, {100, 100, 120, 120}}), ints({1, 2}));
  input.decoded_bboxes = input.priors.clone().requires_grad_();
  const AssignResult result =
      build("UniformAssigner", Value::dict({{"pos_ignore_thr", 0.15}, {"neg_ignore_thr", 0.7}, {"match_times", 1}}))->assign(input);
  EXPECT_EQ(result.gt_inds[15].item<std::int64_t>(), -1);  // nearest to the far object
  EXPECT_EQ(numbers(result.pos_idx), (Inds{1, 0, 1, 0}));
  EXPECT_TRUE(result.pos_predicted_boxes.requires_grad());
}

TEST(HungarianAssigner, GivesEveryObjectOnePrediction) {
  AssignInput input = grid_input(boxes({{0, 0, 16, 16}, {8, 8, 24, 24}}), ints({1, 2}));
  input.decoded_bboxes = torch::rand({16, 4}) * 0.5 + 0.2;
  input.cls_scores = torch::randn({16, 3});
  const Inds inds = numbers(build("HungarianAssigner")->assign(input).gt_inds);
  EXPECT_EQ(std::count(inds.begin(), inds.end(), 1), 1);
  EXPECT_EQ(std::count(inds.begin(), inds.end(), 2), 1);
  EXPECT_EQ(std::count(inds.begin(), inds.end(), 0), 14);
}

TEST(AssignResult, AddGtPutsTheObjectsInFront) {
  AssignResult result{.num_gts = 2, .gt_inds = ints({0, 2}), .max_overlaps = torch::tensor({0.1F, 0.8F}), .labels = ints({-1, 7})};
  result.add_gt(ints({5, 7}));
  EXPECT_EQ(numbers(result.gt_inds), (Inds{1, 2, 0, 2}));
  EXPECT_EQ(numbers(result.labels), (Inds{5, 7, -1, 7}));
  testing::expect_close(result.max_overlaps, torch::tensor({1.F, 1.F, 0.1F, 0.8F}), 0);
}

}  // namespace
}  // namespace detforge
