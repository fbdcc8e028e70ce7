#include "detforge/ops/roi_align.h"

#include "detforge/ops/check_rois.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

class RoIAlignFunction : public torch::autograd::Function<RoIAlignFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input, const torch::Tensor& rois,
                               const RoIAlignOptions& options) {
    const bool channels_last = is_channels_last(input);
    const torch::Tensor maps = channels_last ? input : input.contiguous(), regions = rois.to(input.scalar_type()).contiguous();
    torch::Tensor output = torch::empty({rois.size(0), input.size(1), options.output_height, options.output_width}, maps.options());
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "roi_align", [&] {
      kernels::roi_align<scalar_t>(numbers<scalar_t>(maps), feature_shape(maps, channels_last), numbers<scalar_t>(regions), options,
                                   numbers<scalar_t>(output), op_execution(output));
    });
    context->save_for_backward({regions});
    context->saved_data["sizes"] = input.sizes().vec();
    context->saved_data["channels_last"] = channels_last;
    context->saved_data["output_height"] = options.output_height;
    context->saved_data["output_width"] = options.output_width;
    context->saved_data["spatial_scale"] = options.spatial_scale;
    context->saved_data["sampling_ratio"] = options.sampling_ratio;
    context->saved_data["aligned"] = options.aligned;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const torch::Tensor regions = context->get_saved_variables()[0], grad_output = gradients[0].contiguous();
    const RoIAlignOptions options{.output_height = context->saved_data["output_height"].toInt(),
                                  .output_width = context->saved_data["output_width"].toInt(),
                                  .spatial_scale = context->saved_data["spatial_scale"].toDouble(),
                                  .sampling_ratio = context->saved_data["sampling_ratio"].toInt(),
                                  .aligned = context->saved_data["aligned"].toBool()};
    const bool channels_last = context->saved_data["channels_last"].toBool();
    torch::Tensor grad_input = torch::empty(context->saved_data["sizes"].toIntVector(), grad_output.options(),
                                            channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous)
                                   .zero_();
    AT_DISPATCH_FLOATING_TYPES(grad_output.scalar_type(), "roi_align_backward", [&] {
      kernels::roi_align_backward<scalar_t>(numbers<scalar_t>(grad_output), feature_shape(grad_input, channels_last),
                                            numbers<scalar_t>(regions), options, numbers<scalar_t>(grad_input), op_execution(grad_output));
    });
    return {grad_input, torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor roi_align(const torch::Tensor& input, const torch::Tensor& rois, const RoIAlignOptions& options) {
  check_rois("RoIAlign", input, rois, options.spatial_scale);
  if (options.aligned) check_extents("RoIAlign", rois);
  if (!has_kernel_type(input) || options.pool_mode == PoolMode::Max) return roi_align_reference(input, rois, options);
  return RoIAlignFunction::apply(input, rois, options);
}

}  // namespace detforge::ops
