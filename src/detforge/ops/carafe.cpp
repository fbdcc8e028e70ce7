#include "detforge/ops/carafe.h"

#include "detforge/base/error.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

class CarafeFunction : public torch::autograd::Function<CarafeFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input, const torch::Tensor& masks,
                               const CarafeOptions& options) {
    const torch::Tensor maps = input.contiguous(), weights = masks.contiguous();
    torch::Tensor output = torch::empty({input.size(0), input.size(1), masks.size(2), masks.size(3)}, maps.options());
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "carafe", [&] {
      kernels::carafe<scalar_t>(numbers<scalar_t>(maps), numbers<scalar_t>(weights), feature_shape(maps), options,
                                numbers<scalar_t>(output), op_execution(output));
    });
    context->save_for_backward({maps, weights});
    context->saved_data["options"] = std::vector<std::int64_t>{options.kernel_size, options.group_size, options.scale_factor};
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &maps = saved[0], &weights = saved[1];
    const torch::Tensor grad_output = gradients[0].contiguous();
    const auto values = context->saved_data["options"].toIntVector();
    const CarafeOptions options{values[0], values[1], values[2]};
    torch::Tensor grad_input = torch::empty_like(maps), grad_masks = torch::empty_like(weights);
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "carafe_backward", [&] {
      kernels::carafe_backward<scalar_t>(numbers<scalar_t>(grad_output), numbers<scalar_t>(maps), numbers<scalar_t>(weights),
                                         feature_shape(maps), options, numbers<scalar_t>(grad_input), numbers<scalar_t>(grad_masks),
                                         op_execution(grad_output));
    });
    return {grad_input, grad_masks, torch::Tensor()};
  }
};

void check_carafe(const torch::Tensor& input, const torch::Tensor& masks, const CarafeOptions& options) {
  const auto fail = [&](const std::string& why) {
    throw Error("CARAFE: " + why + "; the input has the shape " + shape_text(input) + ", the masks have " + shape_text(masks));
  };
  if (input.dim() != 4 || masks.dim() != 4) fail("input and masks must be of shape (N, C, H, W)");
  if (options.kernel_size < 1 || options.kernel_size % 2 == 0) fail("kernel_size must be odd");
  if (options.scale_factor < 1) fail("scale_factor must be at least 1");
  if (options.group_size < 1 || input.size(1) % options.group_size != 0) fail("group_size must divide the channels");
  const std::vector<std::int64_t> wanted = {input.size(0), options.group_size * options.kernel_size * options.kernel_size,
                                            input.size(2) * options.scale_factor, input.size(3) * options.scale_factor};
  if (masks.sizes().vec() != wanted) fail("the masks do not fit");
}

}  // namespace

torch::Tensor carafe(const torch::Tensor& input, const torch::Tensor& masks, const CarafeOptions& options) {
  check_carafe(input, masks, options);
  if (!has_kernel_type(input) || masks.scalar_type() != input.scalar_type()) return carafe_reference(input, masks, options);
  return CarafeFunction::apply(input, masks, options);
}

torch::Tensor carafe_reference(const torch::Tensor& input, const torch::Tensor& masks, const CarafeOptions& options) {
  const std::int64_t images = input.size(0), channels = input.size(1), kernel = options.kernel_size * options.kernel_size;
  const std::int64_t height = input.size(2), width = input.size(3), scale = options.scale_factor;
  const torch::Tensor windows =
      torch::im2col(input, {options.kernel_size, options.kernel_size}, {1, 1}, {options.kernel_size / 2, options.kernel_size / 2}, {1, 1});
  const torch::Tensor spread = windows.view({images, options.group_size, channels / options.group_size, kernel, height, width})
                                   .repeat_interleave(scale, 4)
                                   .repeat_interleave(scale, 5);
  const torch::Tensor weights = masks.reshape({images, options.group_size, 1, kernel, height * scale, width * scale});
  return (spread * weights).sum(3).view({images, channels, height * scale, width * scale});
}

}  // namespace detforge::ops
