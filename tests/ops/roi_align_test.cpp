#include "detforge/ops/roi_align.h"

#include <cmath>

#include "detforge/base/error.h"
#include "tests/support/operators.h"

namespace detforge::ops {
namespace {

using testing::all_layouts;
using testing::expect_close;
using testing::laid_out;

/// [2, 5, 17, 13] of numbers that differ everywhere.
torch::Tensor feature_map(torch::ScalarType type) {
  return torch::arange(2 * 5 * 17 * 13, torch::kDouble).mul(0.7).sin().view({2, 5, 17, 13}).to(type);
}

/// Inside, over each border, outside, without size, thinner than a pixel, larger than the map.
torch::Tensor regions(std::int64_t count, torch::ScalarType type) {
  const torch::Tensor all =
      torch::tensor({0.0,   3.3,   5.1, 30.2, 40.9, 1.0,  -7.5, 10.2, 9.7,  22.4, 1.0,  40.0, 55.0, 60.0,  80.0,  0.0,   300.0, 300.0,
                     340.0, 350.0, 1.0, 20.0, 20.0, 20.0, 20.0, 0.0,  20.0, 20.0, 20.6, 20.3, 0.0,  -90.0, -80.0, 120.0, 130.0},
                    torch::kDouble)
          .view({7, 5});
  return all.slice(0, 0, count).to(type);
}

std::vector<RoIAlignOptions> variants() {
  return {{.spatial_scale = 0.25},
          {.output_height = 1, .output_width = 3, .spatial_scale = 0.25, .sampling_ratio = 2},
          {.output_height = 2, .output_width = 2, .spatial_scale = 0.3, .sampling_ratio = 3, .aligned = false},
          {.output_height = 7, .output_width = 5, .spatial_scale = 0.125, .aligned = false},
          {.output_height = 3, .output_width = 2, .spatial_scale = 0.25, .sampling_ratio = 2, .pool_mode = PoolMode::Max}};
}

/// The definition, sample by sample, in double.
double sample(const double* map, double y, double x) {
  constexpr int height = 17, width = 13;
  if (y < -1 || y > height || x < -1 || x > width) return 0;
  y = std::clamp(y, 0.0, height - 1.0);
  x = std::clamp(x, 0.0, width - 1.0);
  const int top = static_cast<int>(y), left = static_cast<int>(x), bottom = std::min(top + 1, height - 1),
            right = std::min(left + 1, width - 1);
  const double dy = y - top, dx = x - left;
  return (1 - dy) * ((1 - dx) * map[top * width + left] + dx * map[top * width + right]) +
         dy * ((1 - dx) * map[bottom * width + left] + dx * map[bottom * width + right]);
}

torch::Tensor defined(const torch::Tensor& input, const torch::Tensor& rois, const RoIAlignOptions& options) {
  torch::Tensor output = torch::zeros({rois.size(0), 5, options.output_height, options.output_width}, torch::kDouble);
  for (std::int64_t k = 0; k < rois.size(0); ++k) {
    const double* roi = rois.data_ptr<double>() + 5 * k;
    const double offset = options.aligned ? 0.5 : 0, scale = options.spatial_scale;
    const double left = roi[1] * scale - offset, top = roi[2] * scale - offset, smallest = options.aligned ? 0 : 1;
    const double bin_width = std::max(roi[3] * scale - offset - left, smallest) / static_cast<double>(options.output_width);
    const double bin_height = std::max(roi[4] * scale - offset - top, smallest) / static_cast<double>(options.output_height);
    const int rows = static_cast<int>(options.sampling_ratio > 0 ? static_cast<double>(options.sampling_ratio) : std::ceil(bin_height));
    const int columns = static_cast<int>(options.sampling_ratio > 0 ? static_cast<double>(options.sampling_ratio) : std::ceil(bin_width));
    for (std::int64_t c = 0; c < 5; ++c) {
      const double* map = input.data_ptr<double>() + (static_cast<std::int64_t>(roi[0]) * 5 + c) * 17 * 13;
      for (std::int64_t i = 0; i < options.output_height; ++i) {
        for (std::int64_t j = 0; j < options.output_width; ++j) {
          double sum = 0, largest = -1e9;
          for (int r = 0; r < rows; ++r) {
            for (int s = 0; s < columns; ++s) {
              const double value = sample(map, top + (static_cast<double>(i) + (r + 0.5) / rows) * bin_height,
                                          left + (static_cast<double>(j) + (s + 0.5) / columns) * bin_width);
              sum += value;
              largest = std::max(largest, value);
            }
          }
          output[k][c][i][j] = options.pool_mode == PoolMode::Max ? largest : sum / std::max(rows * columns, 1);
        }
      }
    }
  }
  return output;
}

template <class T>
class RoIAlignOp : public ::testing::Test {
 public:
  static constexpr torch::ScalarType type = c10::CppTypeToScalarType<T>::value;
  static double tolerance() { return testing::tolerance_of(type); }
};

using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RoIAlignOp, Types);

TYPED_TEST(RoIAlignOp, BothImplementationsFollowTheDefinitionInEveryLayout) {
  for (const RoIAlignOptions& options : variants()) {
    for (const std::int64_t count : {0, 1, 7}) {
      const torch::Tensor wanted =
          defined(feature_map(torch::kDouble), regions(count, torch::kDouble).contiguous(), options).to(this->type);
      for (const auto layout : all_layouts) {
        const torch::Tensor input = laid_out(feature_map(this->type), layout), rois = laid_out(regions(count, this->type), layout);
        expect_close(roi_align(input, rois, options), wanted, this->tolerance());
        expect_close(roi_align_reference(input, rois, options), wanted, this->tolerance());
      }
    }
  }
}

TYPED_TEST(RoIAlignOp, BothImplementationsHaveTheSameGradients) {
  for (const RoIAlignOptions& options : variants()) {
    const torch::Tensor rois = regions(7, this->type);
    for (const auto layout : all_layouts) {
      const std::vector<torch::Tensor> input = {laid_out(feature_map(this->type), layout)};
      const auto ours = testing::gradients_of([&](const auto& inputs) { return roi_align(inputs[0], rois, options); }, input);
      const auto reference =
          testing::gradients_of([&](const auto& inputs) { return roi_align_reference(inputs[0], rois, options); }, input);
      expect_close(ours[0], reference[0], this->tolerance());
    }
  }
}

TEST(RoIAlign, GradientsAreThoseOfFiniteDifferences) {
  const torch::Tensor rois = regions(7, torch::kDouble), input = feature_map(torch::kDouble).slice(1, 0, 1).slice(2, 0, 9).slice(3, 0, 7);
  for (const RoIAlignOptions& options : variants()) {
    testing::expect_gradients([&](const auto& inputs) { return roi_align(inputs[0], rois, options); }, {input});
  }
}

TEST(RoIAlign, RegionsWithoutSizeAreZero) {
  const torch::Tensor input = torch::ones({1, 1, 4, 4}), roi = torch::tensor({{0.F, 1.F, 1.F, 1.F, 1.F}});
  for (const PoolMode mode : {PoolMode::Avg, PoolMode::Max}) {
    EXPECT_EQ(roi_align(input, roi, {.pool_mode = mode}).abs().max().item<float>(), 0);
  }
}

TEST(RoIAlign, TheNumberOfThreadsDoesNotChangeABit) {
  const torch::Tensor input = feature_map(torch::kFloat), rois = regions(7, torch::kFloat).repeat({20, 1});
  const torch::Tensor incoming = torch::arange(140 * 5 * 49, torch::kFloat).sin().view({140, 5, 7, 7});
  const auto gradient = [&] {
    const torch::Tensor map = input.clone().requires_grad_();
    roi_align(map, rois, {.spatial_scale = 0.25}).backward(incoming);
    return map.grad();
  };
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor alone = gradient();
  at::set_num_threads(3);
  EXPECT_TRUE(torch::equal(alone, gradient()));
  at::set_num_threads(threads);
}

TEST(RoIAlign, RefusesWhatIsNoRegionOfTheMap) {
  const torch::Tensor input = feature_map(torch::kFloat);
  const auto message = [&](const torch::Tensor& rois, RoIAlignOptions options = {}) -> std::string {
    try {
      roi_align(input, rois, options);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  };
  EXPECT_EQ(message(torch::tensor({{2.0F, 0.0F, 0.0F, 1.0F, 1.0F}})), "RoIAlign: region 0 is of image 2.000000, but the batch has 2");
  EXPECT_EQ(message(torch::tensor({{0.0F, 0.0F, 0.0F, NAN, 1.0F}})), "RoIAlign: region 0 has the coordinate nan");
  EXPECT_EQ(message(torch::tensor({{0.0F, 0.0F, 0.0F, 1e9F, 1.0F}})), "RoIAlign: region 0 has the coordinate 1000000000.000000");
  EXPECT_EQ(message(torch::tensor({{0.0F, 5.0F, 0.0F, 1.0F, 1.0F}})), "RoIAlign: region 0 ends before it begins");
  EXPECT_EQ(message(torch::tensor({{0.0F, 5.0F, 0.0F, 1.0F, 1.0F}}), {.aligned = false}), "");
  EXPECT_EQ(message(torch::zeros({3, 4})), "RoIAlign: regions must have the shape (K, 5): place in the batch, x1, y1, x2, y2; got (3, 4)");
  EXPECT_EQ(message(torch::zeros({0, 5})), "");
}

}  // namespace
}  // namespace detforge::ops
