#pragma once

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <span>
#include <string>

#include "detforge/kernels/execution.h"
#include "detforge/kernels/feature_shape.h"

/// From tensors to what kernels take.
namespace detforge::ops {

/// The numbers of a contiguous CPU tensor of type T; valid while its storage lives.
template <class T>
std::span<T> numbers(torch::Tensor& tensor) {
  return {tensor.data_ptr<T>(), static_cast<std::size_t>(tensor.numel())};
}
template <class T>
std::span<const T> numbers(const torch::Tensor& tensor) {
  return {tensor.data_ptr<T>(), static_cast<std::size_t>(tensor.numel())};
}

/// `(2, 3)`, for messages.
inline std::string shape_text(const torch::Tensor& tensor) {
  std::string text = "(";
  for (const std::int64_t size : tensor.sizes()) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + ")";
}

/// Of a tensor [N, C, H, W] whose planes, or pixels where it is `channels_last`, lie one after the other.
inline kernels::FeatureShape feature_shape(const torch::Tensor& maps, bool channels_last = false) {
  return {maps.size(0), maps.size(1), maps.size(2), maps.size(3),
          channels_last ? kernels::FeatureLayout::ChannelsLast : kernels::FeatureLayout::Planes};
}

/// Whether the channels of its pixels lie together, and its planes do not.
inline bool is_channels_last(const torch::Tensor& maps) {
  return !maps.is_contiguous() && maps.is_contiguous(at::MemoryFormat::ChannelsLast);
}

/// Whether kernels can take it: float or double, on the CPU.
inline bool has_kernel_type(const torch::Tensor& tensor) {
  return tensor.is_cpu() && (tensor.scalar_type() == torch::kFloat || tensor.scalar_type() == torch::kDouble);
}

/// As many threads as ATen's own operators use, one alone for so few results that waking another would cost more.
inline kernels::Execution op_execution(const torch::Tensor& result) {
  constexpr std::int64_t worth_a_thread = 1 << 14;
  return {.threads = result.numel() < worth_a_thread ? 1 : static_cast<std::size_t>(at::get_num_threads())};
}

}  // namespace detforge::ops
