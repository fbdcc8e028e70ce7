#include "detforge/ops/multi_scale_deform_attn.h"

#include "detforge/base/error.h"
#include "detforge/kernels/multi_scale_deform_attn.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace multi_scale_deform_attn_op {

using kernels::DeformAttnGeometry;
using kernels::DeformAttnGradients;
using kernels::DeformAttnInput;

std::vector<DeformAttnGeometry::Level> levels_of(std::span<const ImageSize> spatial_shapes) {
  std::vector<DeformAttnGeometry::Level> levels;
  std::int64_t first_key = 0;
  for (const ImageSize& size : spatial_shapes) {
    levels.push_back({size.height, size.width, first_key});
    first_key += size.height * size.width;
  }
  return levels;
}

DeformAttnGeometry geometry_of(const torch::Tensor& value, const torch::Tensor& weights,
                               std::span<const DeformAttnGeometry::Level> levels) {
  return {.images = value.size(0),
          .keys = value.size(1),
          .queries = weights.size(1),
          .heads = value.size(2),
          .channels = value.size(3),
          .points = weights.size(4),
          .levels = levels};
}

void check(const torch::Tensor& value, std::span<const ImageSize> spatial_shapes, const torch::Tensor& locations,
           const torch::Tensor& weights) {
  const auto levels = static_cast<std::int64_t>(spatial_shapes.size());
  std::int64_t keys = 0;
  for (const ImageSize& size : spatial_shapes) keys += size.height * size.width;
  if (value.dim() != 4 || value.size(1) != keys) {
    throw Error("deformable attention: the value has the shape " + shape_text(value) + ", but its maps have " + std::to_string(keys) +
                " pixels");
  }
  if (weights.dim() != 5 || weights.size(0) != value.size(0) || weights.size(2) != value.size(2) || weights.size(3) != levels) {
    throw Error("deformable attention: the weights " + shape_text(weights) + " do not fit the value " + shape_text(value) + " of " +
                std::to_string(levels) + " maps");
  }
  std::vector<std::int64_t> wanted = weights.sizes().vec();
  wanted.push_back(2);
  if (locations.sizes().vec() != wanted) {
    throw Error("deformable attention: the locations " + shape_text(locations) + " do not fit the weights " + shape_text(weights));
  }
}

template <class T>
DeformAttnInput<T> input_of(const torch::Tensor& value, const torch::Tensor& locations, const torch::Tensor& weights) {
  return {numbers<T>(value), numbers<T>(locations), numbers<T>(weights)};
}

class Function : public torch::autograd::Function<Function> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& value, const torch::Tensor& locations,
                               const torch::Tensor& weights, const std::vector<std::int64_t>& heights,
                               const std::vector<std::int64_t>& widths) {
    const torch::Tensor values = value.contiguous(), places = locations.contiguous(), counted = weights.contiguous();
    torch::Tensor output = torch::empty({value.size(0), weights.size(1), value.size(2) * value.size(3)}, values.options());
    const auto levels = levels_of(sizes(heights, widths));
    AT_DISPATCH_FLOATING_TYPES(values.scalar_type(), "multi_scale_deform_attn", [&] {
      kernels::multi_scale_deform_attn<scalar_t>(geometry_of(values, counted, levels), input_of<scalar_t>(values, places, counted),
                                                 numbers<scalar_t>(output), op_execution(output));
    });
    context->save_for_backward({values, places, counted});
    context->saved_data["heights"] = heights;
    context->saved_data["widths"] = widths;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &value = saved[0], &locations = saved[1], &weights = saved[2], grad_output = gradients[0].contiguous();
    torch::Tensor grad_value = torch::zeros_like(value), grad_locations = torch::empty_like(locations),
                  grad_weights = torch::empty_like(weights);
    const auto levels = levels_of(sizes(context->saved_data["heights"].toIntVector(), context->saved_data["widths"].toIntVector()));
    AT_DISPATCH_FLOATING_TYPES(value.scalar_type(), "multi_scale_deform_attn_backward", [&] {
      const DeformAttnGradients<scalar_t> to{numbers<scalar_t>(grad_value), numbers<scalar_t>(grad_locations),
                                             numbers<scalar_t>(grad_weights)};
      kernels::multi_scale_deform_attn_backward<scalar_t>(geometry_of(value, weights, levels),
                                                          input_of<scalar_t>(value, locations, weights), numbers<scalar_t>(grad_output), to,
                                                          op_execution(grad_output));
    });
    return {grad_value, grad_locations, grad_weights, torch::Tensor(), torch::Tensor()};
  }

 private:
  static std::vector<ImageSize> sizes(const std::vector<std::int64_t>& heights, const std::vector<std::int64_t>& widths) {
    std::vector<ImageSize> all;
    for (std::size_t i = 0; i < heights.size(); ++i) all.push_back({heights[i], widths[i]});
    return all;
  }
};

}  // namespace multi_scale_deform_attn_op

torch::Tensor multi_scale_deform_attn(const torch::Tensor& value, std::span<const ImageSize> spatial_shapes, const torch::Tensor& locations,
                                      const torch::Tensor& weights) {
  multi_scale_deform_attn_op::check(value, spatial_shapes, locations, weights);
  const bool one_type = locations.scalar_type() == value.scalar_type() && weights.scalar_type() == value.scalar_type();
  if (!has_kernel_type(value) || !one_type) return multi_scale_deform_attn_reference(value, spatial_shapes, locations, weights);
  std::vector<std::int64_t> heights, widths;
  for (const ImageSize& size : spatial_shapes) {
    heights.push_back(size.height);
    widths.push_back(size.width);
  }
  return multi_scale_deform_attn_op::Function::apply(value, locations, weights, heights, widths);
}

}  // namespace detforge::ops
