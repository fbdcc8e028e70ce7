#include "detforge/boxes/coders/bucketing_bbox_coder.h"
#include "tests/boxes/boxes.h"

namespace detforge {
namespace {

using testing::boxes;
using testing::expect_close;
using testing::lattice;

std::shared_ptr<BBoxCoder> build(const char* type, Value options = Value::dict()) {
  options["type"] = type;
  return bbox_coders().build(options, {Reference::V2_27, {}});
}

class InvertibleCoder : public ::testing::TestWithParam<const char*> {};

TEST_P(InvertibleCoder, DecodesWhatItEncodes) {
  const torch::Tensor gt = lattice(4), priors = gt.flip(0) + 0.25;
  Value options = Value::dict();
  if (std::string(GetParam()) == "BucketingBBoxCoder") options = Value::dict({{"num_buckets", 14}, {"scale_factor", 3.0}});
  const auto coder = build(GetParam(), options);
  expect_close(coder->decode(priors, coder->encode(priors, gt)), gt, 1e-5);
  const torch::Tensor none = torch::zeros({0, 4});
  EXPECT_EQ(coder->decode(none, coder->encode(none, none)).sizes(), none.sizes());
}

INSTANTIATE_TEST_SUITE_P(Coders, InvertibleCoder,
                         ::testing::Values("DeltaXYWHBBoxCoder", "TBLRBBoxCoder", "DistancePointBBoxCoder", "PseudoBBoxCoder"),
                         [](const auto& test) { return std::string(test.param); });

TEST(DeltaXYWHBBoxCoder, LimitsTheSizesThatItDecodes) {
  const torch::Tensor prior = boxes({{0, 0, 10, 10}}), deltas = torch::tensor({{0.F, 0.F, 100.F, -100.F}});
  const torch::Tensor limited = build("DeltaXYWHBBoxCoder")->decode(prior, deltas);
  EXPECT_FLOAT_EQ((limited[0][2] - limited[0][0]).item<float>(), 10 / 0.016F);
  EXPECT_NEAR((limited[0][3] - limited[0][1]).item<float>(), 10 * 0.016F, 1e-5);
  const torch::Tensor wider = build("DeltaXYWHBBoxCoder")->decode(prior, deltas, {.wh_ratio_clip = 0.1});
  EXPECT_NEAR((wider[0][2] - wider[0][0]).item<float>(), 100, 1e-3);
}

TEST(DeltaXYWHBBoxCoder, ClipsEachClassToTheImageUnlessToldNotTo) {
  const torch::Tensor prior = boxes({{0, 0, 10, 10}}), deltas = torch::tensor({{0.F, 0.F, 1.F, 1.F, 1.F, 1.F, 0.F, 0.F}});
  const torch::Tensor clipped = build("DeltaXYWHBBoxCoder")->decode(prior, deltas, {.max_shape = ImageSize{12, 14}});
  expect_close(clipped, torch::tensor({{0.F, 0.F, 14.F, 12.F, 10.F, 10.F, 14.F, 12.F}}), 0);
  const auto unclipped = build("DeltaXYWHBBoxCoder", Value::dict({{"clip_border", false}}));
  EXPECT_LT(unclipped->decode(prior, deltas, {.max_shape = ImageSize{12, 14}}).min().item<float>(), 0);
}

TEST(DeltaXYWHBBoxCoder, PassesGradientsToThePredictions) {
  torch::Tensor deltas = torch::rand({5, 4}, torch::requires_grad());
  const auto coder = build("DeltaXYWHBBoxCoder", Value::dict({{"target_stds", Value::list({0.1, 0.1, 0.2, 0.2})}}));
  coder->decode(torch::tensor({0.F, 0.F, 10.F, 20.F}).expand({5, 4}), deltas).sum().backward();
  expect_close(deltas.grad().select(1, 0), torch::full({5}, 2 * 10 * 0.1F), 1e-5);
}

TEST(DistancePointBBoxCoder, LimitsDistancesBelowTheLargest) {
  const auto coder = build("DistancePointBBoxCoder");
  const torch::Tensor distances =
      coder->encode(torch::tensor({{5.F, 5.F, 8.F, 8.F}}), boxes({{-20, 6, 5.5F, 30}}), {.max_dis = 10, .eps = 0.5});
  expect_close(distances, torch::tensor({{9.5F, 0.F, 0.5F, 9.5F}}), 0);
}

TEST(BucketingBBoxCoder, LabelsTheNearestBucketOfEachSide) {
  const BucketingBBoxCoder coder({.num_buckets = 4, .scale_factor = 1, .cls_ignore_neighbor = false}, {});
  // Buckets are 2 px; their middles from the left at 1 and 3, from the right at 7 and 5.
  const auto targets = coder.encode_buckets(boxes({{0, 0, 8, 8}}), boxes({{1.5F, 2.5F, 7, 4.5F}}));
  expect_close(targets.labels, torch::tensor({{1.F, 0.F, 1.F, 0.F, 0.F, 1.F, 0.F, 1.F}}), 0);
  expect_close(targets.offsets, torch::tensor({{-0.25F, 0.75F, 0.F, -1.F, -0.75F, 0.25F, 1.25F, 0.25F}}), 0);
  expect_close(targets.offset_weights, torch::tensor({{1.F, 1.F, 1.F, 0.F, 1.F, 1.F, 0.F, 1.F}}), 0);
  expect_close(targets.label_weights, torch::ones({1, 8}), 0);
}

TEST(YOLOBBoxCoder, NeedsStrides) { EXPECT_THROW(build("YOLOBBoxCoder")->encode(torch::ones({1, 4}), torch::ones({1, 4})), Error); }

}  // namespace
}  // namespace detforge
