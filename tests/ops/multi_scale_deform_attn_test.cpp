#include "detforge/ops/multi_scale_deform_attn.h"

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

torch::Tensor wave(const std::vector<std::int64_t>& shape, double step, double scale = 1) {
  const torch::Tensor like = torch::empty(shape, torch::kDouble);
  return torch::arange(like.numel(), torch::kDouble).mul(step).add(0.3).sin().mul(scale).view(shape);
}

struct Problem {
  std::vector<ImageSize> sizes = {{5, 7}, {3, 2}, {1, 1}};
  std::int64_t images = 2, heads = 3, channels = 17, queries = 4, points = 2;

  /// Value, locations that reach beyond every border and hit no middle of a pixel, and weights.
  std::vector<torch::Tensor> inputs() const {
    std::int64_t keys = 0;
    for (const ImageSize& size : sizes) keys += size.height * size.width;
    const auto levels = static_cast<std::int64_t>(sizes.size());
    return {wave({images, keys, heads, channels}, 0.9), wave({images, queries, heads, levels, points, 2}, 1.3, 0.9) + 0.5,
            wave({images, queries, heads, levels, points}, 0.77)};
  }
};

std::vector<Problem> problems() {
  return {{}, {.sizes = {{4, 4}}, .images = 1, .heads = 1, .channels = 1, .queries = 1, .points = 1}, {.channels = 32, .queries = 0}};
}

torch::Tensor run(const std::vector<torch::Tensor>& inputs, const Problem& problem) {
  return multi_scale_deform_attn(inputs[0], problem.sizes, inputs[1], inputs[2]);
}

torch::Tensor run_reference(const std::vector<torch::Tensor>& inputs, const Problem& problem) {
  return multi_scale_deform_attn_reference(inputs[0], problem.sizes, inputs[1], inputs[2]);
}

template <class T>
class MultiScaleDeformAttnOp : public ::testing::Test {
 public:
  static constexpr torch::ScalarType type = c10::CppTypeToScalarType<T>::value;
  static double tolerance() { return testing::tolerance_of(type); }
  static std::vector<torch::Tensor> inputs(const Problem& problem, testing::Layout layout) {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& input : problem.inputs()) all.push_back(laid_out(input.to(type), layout));
    return all;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MultiScaleDeformAttnOp, Types);

TYPED_TEST(MultiScaleDeformAttnOp, BothImplementationsAgreeInEveryLayout) {
  for (const Problem& problem : problems()) {
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      const torch::Tensor output = run(inputs, problem);
      EXPECT_EQ(output.sizes().vec(), (std::vector<std::int64_t>{problem.images, problem.queries, problem.heads * problem.channels}));
      if (problem.queries > 0) expect_close(output, run_reference(inputs, problem), this->tolerance());
    }
  }
}

TYPED_TEST(MultiScaleDeformAttnOp, BothImplementationsHaveTheSameGradients) {
  for (const Problem& problem : problems()) {
    if (problem.queries == 0) continue;
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      const auto ours = testing::gradients_of([&](const auto& values) { return run(values, problem); }, inputs);
      const auto reference = testing::gradients_of([&](const auto& values) { return run_reference(values, problem); }, inputs);
      for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], reference[i], this->tolerance());
    }
  }
}

TYPED_TEST(MultiScaleDeformAttnOp, InTheMiddleOfAPixelItReadsThatPixel) {
  const auto value = this->inputs({.sizes = {{2, 4}}, .images = 1, .heads = 1, .channels = 3}, testing::Layout::Contiguous)[0];
  const std::vector<ImageSize> sizes = {{2, 4}};
  const torch::Tensor middle = torch::tensor({2.5 / 4, 1.5 / 2}, value.options()).view({1, 1, 1, 1, 1, 2});
  const torch::Tensor twice = torch::full({1, 1, 1, 1, 1}, 2, value.options());
  expect_close(multi_scale_deform_attn(value, sizes, middle, twice)[0][0], 2 * value[0][6][0], this->tolerance());
}

TEST(MultiScaleDeformAttn, GradientsAreThoseOfFiniteDifferences) {
  const Problem problem{.sizes = {{3, 4}, {2, 2}}, .images = 1, .heads = 2, .channels = 3, .queries = 3};
  testing::expect_gradients([&](const auto& inputs) { return run(inputs, problem); }, problem.inputs());
}

TEST(MultiScaleDeformAttn, LocationsThatAreNoNumbersReadNothing) {
  const Problem problem;
  auto inputs = problem.inputs();
  for (const double location : {NAN, INFINITY, -INFINITY}) {
    inputs[1].fill_(location);
    EXPECT_EQ(run(inputs, problem).abs().max().item<double>(), 0);
  }
}

TEST(MultiScaleDeformAttn, SaysWhichSizesDoNotFit) {
  const Problem problem;
  const auto message = [&](auto change) -> std::string {
    auto inputs = problem.inputs();
    change(inputs);
    try {
      run(inputs, problem);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(message([](auto& inputs) { inputs[0] = inputs[0].slice(1, 0, 41); }),
            "deformable attention: the value has the shape (2, 41, 3, 17), but its maps have 42 pixels");
  EXPECT_EQ(message([](auto& inputs) { inputs[2] = inputs[2].slice(3, 0, 2); }),
            "deformable attention: the weights (2, 4, 3, 2, 2) do not fit the value (2, 42, 3, 17) of 3 maps");
  EXPECT_EQ(message([](auto& inputs) { inputs[1] = inputs[1].slice(1, 0, 3); }),
            "deformable attention: the locations (2, 3, 3, 3, 2, 2) do not fit the weights (2, 4, 3, 3, 2)");
}

}  // namespace
}  // namespace detforge::ops
