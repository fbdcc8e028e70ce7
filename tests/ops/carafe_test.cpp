#include "detforge/ops/carafe.h"

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

torch::Tensor wave(std::vector<std::int64_t> shape, double step) {
  const std::int64_t count = torch::empty(shape).numel();
  return torch::arange(count, torch::kDouble).mul(step).sin().view(shape);
}

struct Problem {
  CarafeOptions options;
  std::int64_t images = 2, channels = 4, height = 5, width = 3;

  /// Input and masks.
  std::vector<torch::Tensor> inputs() const {
    return {wave({images, channels, height, width}, 0.9), wave({images, options.group_size * options.kernel_size * options.kernel_size,
                                                                height * options.scale_factor, width * options.scale_factor},
                                                               0.37)};
  }
};

const std::vector<Problem> problems = {{{5, 1, 2}}, {{3, 2, 3}}, {{1, 4, 1}}, {{3, 1, 2}, 0}, {{7, 1, 2}, 1, 1, 1, 1}};

template <class T>
class CarafeOp : public ::testing::Test {
 public:
  static constexpr torch::ScalarType type = c10::CppTypeToScalarType<T>::value;
  static std::vector<torch::Tensor> inputs(const Problem& problem, testing::Layout layout) {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& input : problem.inputs()) all.push_back(laid_out(input.to(type), layout));
    return all;
  }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(CarafeOp, Types);

TYPED_TEST(CarafeOp, BothImplementationsAgreeInEveryLayout) {
  for (const Problem& problem : problems) {
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      expect_close(carafe(inputs[0], inputs[1], problem.options), carafe_reference(inputs[0], inputs[1], problem.options),
                   testing::tolerance_of(this->type));
    }
  }
}

TYPED_TEST(CarafeOp, BothImplementationsHaveTheSameGradients) {
  for (const Problem& problem : problems) {
    for (const auto layout : all_layouts) {
      const auto inputs = this->inputs(problem, layout);
      const auto ours = testing::gradients_of([&](const auto& values) { return carafe(values[0], values[1], problem.options); }, inputs);
      const auto reference =
          testing::gradients_of([&](const auto& values) { return carafe_reference(values[0], values[1], problem.options); }, inputs);
      for (std::size_t i = 0; i < ours.size(); ++i) expect_close(ours[i], reference[i], testing::tolerance_of(this->type));
    }
  }
}

TEST(Carafe, GradientsAreThoseOfFiniteDifferences) {
  for (const Problem& problem : problems) {
    testing::expect_gradients([&](const auto& inputs) { return carafe(inputs[0], inputs[1], problem.options); }, problem.inputs());
  }
}

TEST(Carafe, AKernelThatTakesItsMiddleEnlargesToTheNearest) {
  const torch::Tensor input = wave({1, 2, 3, 4}, 0.9);
  torch::Tensor masks = torch::zeros({1, 9, 6, 8}, torch::kDouble);
  masks.select(1, 4).fill_(1);
  expect_close(carafe(input, masks, {3, 1, 2}), input.repeat_interleave(2, 2).repeat_interleave(2, 3), 0);
}

TEST(Carafe, SaysWhatDoesNotFit) {
  const auto message = [](std::vector<std::int64_t> masks, const CarafeOptions& options) -> std::string {
    try {
      carafe(torch::zeros({1, 4, 2, 3}), torch::zeros(masks), options);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(message({1, 9, 4, 6}, {3, 1, 2}), "");
  EXPECT_EQ(message({1, 8, 4, 6}, {3, 1, 2}),
            "CARAFE: the masks do not fit; the input has the shape (1, 4, 2, 3), the masks have (1, 8, 4, 6)");
  EXPECT_EQ(message({1, 9, 4, 6}, {3, 3, 2}),
            "CARAFE: group_size must divide the channels; the input has the shape (1, 4, 2, 3), the masks have (1, 9, 4, 6)");
  EXPECT_EQ(message({1, 4, 4, 6}, {2, 1, 2}),
            "CARAFE: kernel_size must be odd; the input has the shape (1, 4, 2, 3), the masks have (1, 4, 4, 6)");
}

}  // namespace
}  // namespace detforge::ops
