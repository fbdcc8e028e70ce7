#include "detforge/nn/layers/norm_act.h"

#include <ATen/Parallel.h>
#include <ATen/TracerMode.h>

#include <algorithm>
#include <span>

#include "detforge/kernels/scale_shift.h"
#include "detforge/nn/activations/relu.h"
#include "detforge/nn/layers/norm_base.h"

namespace detforge::nn {
namespace norm_act_detail {

bool is_plain_float(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat && tensor.dim() == 4 &&
         tensor.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

bool may_overwrite() {
  const ForwardObserver* observer = current_observer();
  return !torch::GradMode::is_enabled() && !at::tracer::impl::is_dispatch_enabled() && (observer == nullptr || !observer->sees_layers());
}

std::span<const float> floats(const torch::Tensor& tensor) { return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())}; }

void overwrite(const torch::Tensor& pixels, const NormBase::Affine& affine, const torch::Tensor& residual, bool relu) {
  const std::int64_t channels = affine.scale.numel(), count = pixels.numel() / channels;
  constexpr std::int64_t worth_a_thread = 1 << 15;
  float* values = pixels.data_ptr<float>();
  at::parallel_for(0, count, std::max<std::int64_t>(1, worth_a_thread / channels), [&](std::int64_t begin, std::int64_t end) {
    const auto first = static_cast<std::size_t>(begin * channels), length = static_cast<std::size_t>((end - begin) * channels);
    kernels::scale_shift({values + first, length},
                         {.scale = floats(affine.scale),
                          .shift = floats(affine.shift),
                          .residual = residual.defined() ? floats(residual).subspan(first, length) : std::span<const float>(),
                          .relu = relu});
  });
}

}  // namespace norm_act_detail

torch::Tensor norm_act(Layer& norm, Layer* act, torch::Tensor input, const torch::Tensor& residual) {
  using namespace norm_act_detail;
  const auto* batch_norm = dynamic_cast<const NormBase*>(&norm);
  const bool fits = batch_norm != nullptr && (act == nullptr || dynamic_cast<const ReLU*>(act) != nullptr) && may_overwrite() &&
                    is_plain_float(input) && (!residual.defined() || (is_plain_float(residual) && residual.sizes() == input.sizes()));
  if (fits) {
    if (const auto affine = batch_norm->affine(); affine && affine->scale.numel() == input.size(1)) {
      overwrite(input, *affine, residual, act != nullptr);
      return input;
    }
  }
  torch::Tensor output = norm.forward(input);
  if (residual.defined()) output += residual;
  return act == nullptr ? output : act->forward(output);
}

}  // namespace detforge::nn
