#include "detforge/ops/corner_pool.h"

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

constexpr std::array<CornerPoolMode, 4> modes = {CornerPoolMode::Bottom, CornerPoolMode::Left, CornerPoolMode::Right, CornerPoolMode::Top};

torch::Tensor wave(std::vector<std::int64_t> shape, torch::ScalarType type) {
  const std::int64_t count = torch::empty(shape).numel();
  return torch::arange(count, torch::kDouble).mul(0.7).sin().view(shape).to(type);
}

template <class T>
class CornerPoolOp : public ::testing::Test {
 public:
  static constexpr torch::ScalarType type = c10::CppTypeToScalarType<T>::value;
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(CornerPoolOp, Types);

TYPED_TEST(CornerPoolOp, BothImplementationsAgreeInEveryLayout) {
  for (const CornerPoolMode mode : modes) {
    for (const auto& shape : std::vector<std::vector<std::int64_t>>{{2, 3, 7, 9}, {1, 1, 1, 1}, {0, 3, 4, 4}, {1, 2, 16, 1}}) {
      for (const auto layout : all_layouts) {
        const torch::Tensor input = laid_out(wave(shape, this->type), layout);
        expect_close(corner_pool(input, mode), corner_pool_reference(input, mode), 0);
      }
    }
  }
}

TYPED_TEST(CornerPoolOp, BothImplementationsHaveTheSameGradientsOfEqualValuesToo) {
  for (const CornerPoolMode mode : modes) {
    for (const torch::Tensor& values : {wave({2, 3, 7, 9}, this->type), wave({2, 3, 7, 9}, this->type).round()}) {
      const auto ours = testing::gradients_of([&](const auto& inputs) { return corner_pool(inputs[0], mode); }, {values});
      const auto reference = testing::gradients_of([&](const auto& inputs) { return corner_pool_reference(inputs[0], mode); }, {values});
      expect_close(ours[0], reference[0], testing::tolerance_of(this->type));
    }
  }
}

TEST(CornerPool, GradientsAreThoseOfFiniteDifferences) {
  for (const CornerPoolMode mode : modes) {
    testing::expect_gradients([&](const auto& inputs) { return corner_pool(inputs[0], mode); }, {wave({1, 2, 5, 4}, torch::kDouble)});
  }
}

TEST(CornerPool, LooksFromThePixelToTheBorder) {
  const torch::Tensor input = torch::tensor({{1.F, 5.F, 2.F}, {4.F, 0.F, 3.F}}).view({1, 1, 2, 3});
  const auto pooled = [&](CornerPoolMode mode) { return corner_pool(input, mode).view({2, 3}); };
  expect_close(pooled(CornerPoolMode::Top), torch::tensor({{4.F, 5.F, 3.F}, {4.F, 0.F, 3.F}}), 0);
  expect_close(pooled(CornerPoolMode::Bottom), torch::tensor({{1.F, 5.F, 2.F}, {4.F, 5.F, 3.F}}), 0);
  expect_close(pooled(CornerPoolMode::Left), torch::tensor({{5.F, 5.F, 2.F}, {4.F, 3.F, 3.F}}), 0);
  expect_close(pooled(CornerPoolMode::Right), torch::tensor({{1.F, 5.F, 5.F}, {4.F, 4.F, 4.F}}), 0);
}

TEST(CornerPool, NeedsABatchOfMaps) { EXPECT_THROW(corner_pool(torch::zeros({3, 4, 4}), CornerPoolMode::Top), Error); }

}  // namespace
}  // namespace detforge::ops
