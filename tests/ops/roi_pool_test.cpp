#include "detforge/ops/roi_pool.h"

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

/// [2, 3, 11, 9] of numbers that differ everywhere.
torch::Tensor feature_map(torch::ScalarType type) {
  return torch::arange(2 * 3 * 11 * 9, torch::kDouble).mul(0.7).sin().view({2, 3, 11, 9}).to(type);
}

/// Inside, a single pixel, over two borders, outside, turned round.
torch::Tensor regions(std::int64_t count, torch::ScalarType type) {
  const torch::Tensor all = torch::tensor({0.0, 3.3,  5.1, 28.2, 38.9, 1.0,  8.0,  8.0, 8.0,  8.0,  1.0, -20.0, 10.0,
                                           9.0, 90.0, 0.0, 90.0, 90.0, 99.0, 99.0, 1.0, 20.0, 20.0, 4.0, 4.0},
                                          torch::kDouble);
  return all.view({5, 5}).slice(0, 0, count).to(type);
}

const std::vector<RoIPoolOptions> variants = {{7, 7, 0.25}, {1, 3, 0.3}};

template <class T>
class RoIPoolOp : public ::testing::Test {
 public:
  static constexpr torch::ScalarType type = c10::CppTypeToScalarType<T>::value;
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RoIPoolOp, Types);

TYPED_TEST(RoIPoolOp, BothImplementationsAgreeInEveryLayout) {
  for (const RoIPoolOptions& options : variants) {
    for (const std::int64_t count : {0, 1, 5}) {
      for (const auto layout : all_layouts) {
        const torch::Tensor input = laid_out(feature_map(this->type), layout), rois = laid_out(regions(count, this->type), layout);
        expect_close(roi_pool(input, rois, options), roi_pool_reference(input, rois, options), 0);
      }
    }
  }
}

TYPED_TEST(RoIPoolOp, BothImplementationsHaveTheSameGradients) {
  const torch::Tensor rois = regions(5, this->type);
  for (const RoIPoolOptions& options : variants) {
    for (const auto layout : all_layouts) {
      const std::vector<torch::Tensor> input = {laid_out(feature_map(this->type), layout)};
      const auto ours = testing::gradients_of([&](const auto& inputs) { return roi_pool(inputs[0], rois, options); }, input);
      const auto reference = testing::gradients_of([&](const auto& inputs) { return roi_pool_reference(inputs[0], rois, options); }, input);
      expect_close(ours[0], reference[0], testing::tolerance_of(this->type));
    }
  }
}

TEST(RoIPool, GradientsAreThoseOfFiniteDifferences) {
  const torch::Tensor rois = regions(5, torch::kDouble), input = feature_map(torch::kDouble).slice(1, 0, 1);
  for (const RoIPoolOptions& options : variants) {
    testing::expect_gradients([&](const auto& inputs) { return roi_pool(inputs[0], rois, options); }, {input});
  }
}

TEST(RoIPool, TakesWholePixelsBothEndsIncluded) {
  const torch::Tensor input = torch::arange(16, torch::kFloat).view({1, 1, 4, 4}), roi = torch::tensor({{0.F, 1.F, 1.F, 2.F, 3.F}});
  expect_close(roi_pool(input, roi, {1, 1, 1}), torch::tensor({14.F}).view({1, 1, 1, 1}), 0);
  // Two bins of one and a half rows share the row in the middle.
  expect_close(roi_pool(input, roi, {2, 1, 1}), torch::tensor({10.F, 14.F}).view({1, 1, 2, 1}), 0);
}

TEST(RoIPool, BinsOutsideOfTheMapAreZero) {
  const torch::Tensor input = torch::full({1, 1, 4, 4}, -5.F), roi = torch::tensor({{0.F, 10.F, 10.F, 12.F, 12.F}});
  expect_close(roi_pool(input, roi, {1, 1, 1}), torch::zeros({1, 1, 1, 1}), 0);
}

TEST(RoIPool, RefusesImagesThatAreNotInTheBatch) {
  EXPECT_THROW(roi_pool(feature_map(torch::kFloat), torch::tensor({{-1.F, 0.F, 0.F, 1.F, 1.F}}), {}), Error);
}

}  // namespace
}  // namespace detforge::ops
