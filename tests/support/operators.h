#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

/// What the tests of operators share: awkward memory layouts, comparison, and gradients by finite differences.
namespace detforge::testing {

enum class Layout { Contiguous, Permuted, Sliced, ChannelsLast };
inline constexpr std::array<Layout, 4> all_layouts = {Layout::Contiguous, Layout::Permuted, Layout::Sliced, Layout::ChannelsLast};

/// The same numbers, elsewhere in memory: dimensions in reverse order, every second element of a larger tensor, or (of four dimensions)
/// channels last.
inline torch::Tensor laid_out(const torch::Tensor& tensor, Layout layout) {
  if (layout == Layout::Permuted) {
    std::vector<std::int64_t> reversed(static_cast<std::size_t>(tensor.dim()));
    for (std::size_t i = 0; i < reversed.size(); ++i) reversed[i] = static_cast<std::int64_t>(reversed.size() - 1 - i);
    return tensor.permute(reversed).contiguous().permute(reversed);
  }
  if (layout == Layout::Sliced) return torch::stack({tensor, tensor + 1}, -1).flatten(-2).slice(-1, 0, c10::nullopt, 2);
  if (layout == Layout::ChannelsLast && tensor.dim() == 4) return tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return tensor.contiguous();
}

/// Up to `tolerance` of the largest number of `wanted` (or of 1).
inline void expect_close(const torch::Tensor& ours, const torch::Tensor& wanted, double tolerance) {
  ASSERT_EQ(ours.sizes(), wanted.sizes());
  ASSERT_EQ(ours.scalar_type(), wanted.scalar_type());
  if (wanted.numel() == 0) return;
  const torch::Tensor a = ours.detach().to(torch::kDouble), b = wanted.detach().to(torch::kDouble);
  EXPECT_LE((a - b).abs().max().item<double>(), tolerance * std::max(1.0, b.abs().max().item<double>()));
}

inline double tolerance_of(torch::ScalarType type) { return type == torch::kDouble ? 1e-12 : 1e-5; }

using Operator = std::function<torch::Tensor(const std::vector<torch::Tensor>& inputs)>;

/// The gradients of a weighted sum of the output with respect to each input; the weights are the same for every call.
inline std::vector<torch::Tensor> gradients_of(const Operator& op, std::vector<torch::Tensor> inputs) {
  for (torch::Tensor& input : inputs) input = input.detach().requires_grad_();
  const torch::Tensor output = op(inputs);
  const torch::Tensor weights = torch::linspace(-1, 1, output.numel(), output.options()).sin().view(output.sizes());
  return torch::autograd::grad({(output * weights).sum()}, inputs, {}, c10::nullopt, false, /*allow_unused=*/true);
}

/// Autograd's gradients are those of finite differences; `inputs` are doubles, away from where the operator has a kink.
inline void expect_gradients(const Operator& op, const std::vector<torch::Tensor>& inputs, double tolerance = 1e-6) {
  constexpr double step = 1e-6;
  const std::vector<torch::Tensor> gradients = gradients_of(op, inputs);
  const torch::NoGradGuard no_grad;
  const auto value = [&](const std::vector<torch::Tensor>& at) {
    const torch::Tensor output = op(at);
    const torch::Tensor weights = torch::linspace(-1, 1, output.numel(), output.options()).sin().view(output.sizes());
    return (output * weights).sum().item<double>();
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SCOPED_TRACE("input " + std::to_string(i));
    ASSERT_EQ(inputs[i].scalar_type(), torch::kDouble);
    torch::Tensor numeric = torch::zeros_like(inputs[i], at::MemoryFormat::Contiguous);
    std::vector<torch::Tensor> moved;
    for (const torch::Tensor& input : inputs) moved.push_back(input.detach().contiguous().clone());
    double* numbers = moved[i].data_ptr<double>();
    for (std::int64_t k = 0; k < moved[i].numel(); ++k) {
      const double at = numbers[k];
      numbers[k] = at + step;
      const double above = value(moved);
      numbers[k] = at - step;
      const double below = value(moved);
      numbers[k] = at;
      numeric.data_ptr<double>()[k] = (above - below) / (2 * step);
    }
    expect_close(gradients[i].defined() ? gradients[i] : torch::zeros_like(numeric), numeric, tolerance);
  }
}

}  // namespace detforge::testing
