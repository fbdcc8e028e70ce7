#include "detforge/ops/roi_pool.h"

#include "detforge/ops/check_rois.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

class RoIPoolFunction : public torch::autograd::Function<RoIPoolFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input, const torch::Tensor& rois,
                               const RoIPoolOptions& options) {
    const torch::Tensor maps = input.contiguous(), regions = rois.to(input.scalar_type()).contiguous();
    torch::Tensor output = torch::empty({rois.size(0), input.size(1), options.output_height, options.output_width}, maps.options());
    torch::Tensor argmax = torch::empty(output.sizes(), maps.options().dtype(torch::kLong));
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "roi_pool", [&] {
      kernels::roi_pool<scalar_t>(numbers<scalar_t>(maps), feature_shape(maps), numbers<scalar_t>(regions), options,
                                  numbers<scalar_t>(output), numbers<std::int64_t>(argmax), op_execution(output));
    });
    context->save_for_backward({regions, argmax});
    context->saved_data["sizes"] = input.sizes().vec();
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &regions = saved[0], &argmax = saved[1];
    const torch::Tensor grad_output = gradients[0].contiguous();
    const RoIPoolOptions options{.output_height = argmax.size(2), .output_width = argmax.size(3)};
    torch::Tensor grad_input = torch::zeros(context->saved_data["sizes"].toIntVector(), grad_output.options());
    AT_DISPATCH_FLOATING_TYPES(grad_output.scalar_type(), "roi_pool_backward", [&] {
      kernels::roi_pool_backward<scalar_t>(numbers<scalar_t>(grad_output), feature_shape(grad_input), numbers<scalar_t>(regions), options,
                                           numbers<std::int64_t>(argmax), numbers<scalar_t>(grad_input), op_execution(grad_output));
    });
    return {grad_input, torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor roi_pool(const torch::Tensor& input, const torch::Tensor& rois, const RoIPoolOptions& options) {
  check_rois("RoIPool", input, rois, options.spatial_scale);
  if (!has_kernel_type(input)) return roi_pool_reference(input, rois, options);
  return RoIPoolFunction::apply(input, rois, options);
}

}  // namespace detforge::ops
