#include "detforge/ops/corner_pool.h"

#include <limits>

#include "detforge/base/error.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

class CornerPoolFunction : public torch::autograd::Function<CornerPoolFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input, CornerPoolMode mode) {
    const torch::Tensor maps = input.contiguous();
    torch::Tensor output = torch::empty_like(maps), argmax = torch::empty(maps.sizes(), maps.options().dtype(torch::kInt));
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "corner_pool", [&] {
      kernels::corner_pool<scalar_t>(numbers<scalar_t>(maps), feature_shape(maps), mode, numbers<scalar_t>(output),
                                     numbers<std::int32_t>(argmax), op_execution(output));
    });
    context->save_for_backward({argmax});
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const torch::Tensor argmax = context->get_saved_variables()[0], grad_output = gradients[0].contiguous();
    torch::Tensor grad_input = torch::zeros_like(grad_output);
    AT_DISPATCH_FLOATING_TYPES(grad_output.scalar_type(), "corner_pool_backward", [&] {
      kernels::corner_pool_backward<scalar_t>(numbers<scalar_t>(grad_output), feature_shape(grad_output), numbers<std::int32_t>(argmax),
                                              numbers<scalar_t>(grad_input), op_execution(grad_output));
    });
    return {grad_input, torch::Tensor()};
  }
};

}  // namespace

torch::Tensor corner_pool(const torch::Tensor& input, CornerPoolMode mode) {
  if (input.dim() != 4 || input.size(2) * input.size(3) > std::numeric_limits<std::int32_t>::max())
    throw Error("corner pooling: the input must be of shape (N, C, H, W), got shape " + shape_text(input));
  return has_kernel_type(input) ? CornerPoolFunction::apply(input, mode) : corner_pool_reference(input, mode);
}

torch::Tensor corner_pool_reference(const torch::Tensor& input, CornerPoolMode mode) {
  const std::int64_t axis = mode == CornerPoolMode::Top || mode == CornerPoolMode::Bottom ? 2 : 3;
  const bool backwards = mode == CornerPoolMode::Top || mode == CornerPoolMode::Left;
  const torch::Tensor largest = std::get<0>((backwards ? input.flip(axis) : input).cummax(axis));
  return backwards ? largest.flip(axis) : largest;
}

}  // namespace detforge::ops
