#include "detforge/models/dense_heads/dense_head.h"

namespace detforge {

Registry<DenseHead>& heads() {
  static Registry<DenseHead> registry("HEADS");
  return registry;
}

std::shared_ptr<DenseHead> build_head(const Value& config, const BuildContext& context) { return heads().build(config, context); }

nn::Features on_cpu(const nn::Features& levels) {
  nn::Features moved;
  for (const torch::Tensor& level : levels) moved.push_back(level.detach().to(torch::kCPU, torch::kFloat).contiguous());
  return moved;
}

std::span<const float> values_of(const torch::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

std::span<const std::array<float, 4>> boxes_of(const torch::Tensor& boxes) {
  static_assert(sizeof(std::array<float, 4>) == 4 * sizeof(float));
  return {reinterpret_cast<const std::array<float, 4>*>(boxes.data_ptr<float>()), static_cast<std::size_t>(boxes.size(0))};
}

}  // namespace detforge
