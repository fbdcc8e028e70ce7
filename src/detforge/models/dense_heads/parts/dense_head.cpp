#include "detforge/models/dense_heads/parts/dense_head.h"

namespace detforge {

Losses DenseHead::loss(const HeadOutputs&, const Targets&) { throw Error(python_name() + " has no loss of its outputs alone"); }

Detections DenseHead::aug_predict(std::span<const nn::Features>, std::span<const ImageMeta>, bool) {
  throw Error(python_name() + " does not merge several views of an image").help("give MultiScaleFlipAug one img_scale and flip=False");
}

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
