#include "detforge/ops/deform_conv.h"

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

torch::Tensor wave(std::vector<std::int64_t> shape, double step, double scale = 1) {
  const torch::Tensor like = torch::empty(shape, torch::kDouble);
  return torch::arange(like.numel(), torch::kDouble).mul(step).add(0.3).sin().mul(scale).view(shape);
}

struct Problem {
  DeformConvOptions options;
  std::int64_t images = 2, channels = 4, height = 9, width = 7, kernel_height = 3, kernel_width = 3, outputs = 6;
  bool has_mask = true;

  std::int64_t size(int axis) const {
    const auto i = static_cast<std::size_t>(axis);
    const std::int64_t kernel = axis == 0 ? kernel_height : kernel_width;
    return ((axis == 0 ? height : width) + 2 * options.padding[i] - options.dilation[i] * (kernel - 1) - 1) / options.stride[i] + 1;
  }
  /// Input, offset, weight, and where there is one the mask; offsets reach beyond every border and hit no whole pixel.
  std::vector<torch::Tensor> inputs() const {
    const std::int64_t elements = options.deform_groups * kernel_height * kernel_width;
    std::vector<torch::Tensor> all = {wave({images, channels, height, width}, 0.9),
                                      wave({images, 2 * elements, size(0), size(1)}, 1.3, 3.1),
                                      wave({outputs, channels / options.groups, kernel_height, kernel_width}, 0.4)};
    if (has_mask) all.push_back(wave({images, elements, size(0), size(1)}, 0.77).abs());
    return all;
  }
};

std::vector<Problem> problems() {
  return {{.options = {.padding = {1, 1}}},
          {.options = {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2, .deform_groups = 2}, .has_mask = false},
          {.options = {.deform_groups = 4}, .images = 1, .kernel_height = 1, .kernel_width = 2, .outputs = 1}};
}

torch::Tensor run(const std::vector<torch::Tensor>& inputs, const DeformConvOptions& options) {
  if (inputs.size() == 3) return deform_conv2d(inputs[0], inputs[1], inputs[2], options);
  return modulated_deform_conv2d(inputs[0], inputs[1], inputs[3], inputs[2], {}, options);
}

torch::Tensor run_reference(const std::vector<torch::Tensor>& inputs, const DeformConvOptions& options) {
  return deform_conv2d_reference(inputs[0], inputs[1], inputs.size() == 4 ? inputs[3] : torch::Tensor(), inputs[2], options);
}

template <class T>
class DeformConvOp : public ::testing::Test {
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
TYPED_TEST_SUITE(DeformConvOp, Types);

TYPED_TEST(DeformConvOp, BothImplementationsAgreeInEveryLayout) {
  for (const Problem& problem : problems()) {
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      const torch::Tensor output = run(inputs, problem.options);
      EXPECT_EQ(output.sizes().vec(), (std::vector<std::int64_t>{problem.images, problem.outputs, problem.size(0), problem.size(1)}));
      expect_close(output, run_reference(inputs, problem.options), this->tolerance());
    }
  }
}

TYPED_TEST(DeformConvOp, BothImplementationsHaveTheSameGradients) {
  for (const Problem& problem : problems()) {
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      const auto ours = testing::gradients_of([&](const auto& values) { return run(values, problem.options); }, inputs);
      const auto reference = testing::gradients_of([&](const auto& values) { return run_reference(values, problem.options); }, inputs);
      for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], reference[i], this->tolerance());
    }
  }
}

TYPED_TEST(DeformConvOp, WithoutOffsetsItIsAConvolution) {
  for (const Problem& problem : problems()) {
    const auto inputs = this->inputs(problem, testing::Layout::Contiguous);
    const auto& options = problem.options;
    expect_close(deform_conv2d(inputs[0], torch::zeros_like(inputs[1]), inputs[2], options),
                 torch::conv2d(inputs[0], inputs[2], {}, options.stride, options.padding, options.dilation, options.groups),
                 this->tolerance());
  }
}

TEST(DeformConv, GradientsAreThoseOfFiniteDifferences) {
  for (const Problem& problem : problems()) {
    testing::expect_gradients([&](const auto& inputs) { return run(inputs, problem.options); }, problem.inputs());
  }
}

TEST(DeformConv, LargeMapsAreDoneInTiles) {
  const Problem problem{.options = {.padding = {1, 1}}, .images = 1, .channels = 64, .height = 37, .width = 41, .outputs = 2};
  const auto inputs = problem.inputs();
  expect_close(run(inputs, problem.options), run_reference(inputs, problem.options), 1e-12);
  const auto ours = testing::gradients_of([&](const auto& values) { return run(values, problem.options); }, inputs);
  const auto reference = testing::gradients_of([&](const auto& values) { return run_reference(values, problem.options); }, inputs);
  for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], reference[i], 1e-12);
}

TEST(DeformConv, AddsItsBias) {
  const Problem problem{.options = {.padding = {1, 1}}};
  const auto inputs = problem.inputs();
  const torch::Tensor bias = wave({6}, 1);
  expect_close(modulated_deform_conv2d(inputs[0], inputs[1], inputs[3], inputs[2], bias, problem.options),
               run(inputs, problem.options) + bias.view({1, 6, 1, 1}), 0);
}

TEST(DeformConv, OffsetsThatAreNoNumbersReadNothing) {
  const Problem problem{.options = {.padding = {1, 1}}, .has_mask = false};
  auto inputs = problem.inputs();
  inputs[1].fill_(NAN);
  EXPECT_EQ(run(inputs, problem.options).abs().max().item<double>(), 0);
}

TEST(DeformConv, SaysWhichSizesDoNotFit) {
  const auto message = [](const Problem& problem, auto change) -> std::string {
    auto inputs = problem.inputs();
    change(inputs);
    try {
      run(inputs, problem.options);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  const Problem problem{.options = {.padding = {1, 1}}};
  EXPECT_EQ(message(problem, [](auto& inputs) { inputs[1] = inputs[1].slice(1, 0, 16); }),
            "deformable convolution: the offset has the shape (2, 16, 9, 7), but the output needs (2, 18, 9, 7)");
  EXPECT_EQ(message(problem, [](auto& inputs) { inputs[3] = inputs[3].slice(2, 0, 8); }),
            "deformable convolution: the mask has the shape (2, 9, 8, 7), but the output needs (2, 9, 9, 7)");
  EXPECT_EQ(message(problem, [](auto& inputs) { inputs[0] = inputs[0].slice(1, 0, 3); }),
            "deformable convolution: the input (2, 3, 9, 7) does not fit the weight (6, 4, 3, 3) in 1 groups and 1 deform_groups");
  EXPECT_EQ(message(problem, [](auto& inputs) { inputs[0] = inputs[0].slice(2, 0, 0); }),
            "deformable convolution: the feature map (2, 4, 0, 7) is smaller than the kernel");
}

}  // namespace
}  // namespace detforge::ops
