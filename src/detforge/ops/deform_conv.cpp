#include "detforge/ops/deform_conv.h"

#include <limits>

#include "detforge/base/error.h"
#include "detforge/kernels/deform_conv.h"
#include "detforge/ops/spans.h"

namespace detforge::ops {
namespace {

using kernels::DeformGeometry;
using kernels::DeformInput;
using kernels::PixelRange;

DeformGeometry deform_geometry(const torch::Tensor& input, const torch::Tensor& weight, const DeformConvOptions& options) {
  return {.channels = input.size(1),
          .height = input.size(2),
          .width = input.size(3),
          .kernel_height = weight.size(2),
          .kernel_width = weight.size(3),
          .stride_height = options.stride[0],
          .stride_width = options.stride[1],
          .pad_height = options.padding[0],
          .pad_width = options.padding[1],
          .dilation_height = options.dilation[0],
          .dilation_width = options.dilation[1],
          .deform_groups = options.deform_groups};
}

void check_deform_conv(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask, const torch::Tensor& weight,
                       const DeformConvOptions& options) {
  if (input.dim() != 4 || weight.dim() != 4 || input.size(1) % options.groups != 0 || weight.size(0) % options.groups != 0 ||
      weight.size(1) != input.size(1) / options.groups || input.size(1) % options.deform_groups != 0) {
    throw Error("deformable convolution: the input " + shape_text(input) + " does not fit the weight " + shape_text(weight) + " in " +
                std::to_string(options.groups) + " groups and " + std::to_string(options.deform_groups) + " deform_groups");
  }
  if (input.size(2) * input.size(3) > std::numeric_limits<std::int32_t>::max()) {
    throw Error("deformable convolution: the feature map " + shape_text(input) + " is too large");
  }
  const DeformGeometry geometry = deform_geometry(input, weight, options);
  const std::int64_t rows = geometry.output_height(), columns = geometry.output_width();
  if (rows <= 0 || columns <= 0) {
    throw Error("deformable convolution: the feature map " + shape_text(input) + " is smaller than the kernel");
  }
  const auto check = [&](const torch::Tensor& tensor, const char* name, std::int64_t per_element) {
    const std::vector<std::int64_t> wanted = {input.size(0), per_element * options.deform_groups * geometry.kernel_size(), rows, columns};
    if (tensor.sizes().vec() != wanted) {
      throw Error("deformable convolution: the " + std::string(name) + " has the shape " + shape_text(tensor) + ", but the output needs " +
                  shape_text(torch::empty(wanted, torch::kMeta)));
    }
  };
  check(offset, "offset", 2);
  if (mask.defined()) check(mask, "mask", 1);
}

/// Columns of so many numbers stay in the second level of the cache.
PixelRange tile_of(const DeformGeometry& geometry, std::int64_t first) {
  constexpr std::int64_t numbers_at_once = 1 << 19;
  const std::int64_t pixels = geometry.output_height() * geometry.output_width();
  const std::int64_t rows = std::max<std::int64_t>(geometry.channels * geometry.kernel_size(), 1);
  return {first, std::min(std::max<std::int64_t>(numbers_at_once / rows, 64), pixels - first)};
}

template <class T>
DeformInput<T> image_input(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask, std::int64_t image) {
  const auto of = [image](const torch::Tensor& batch) {
    const std::int64_t size = batch.numel() / batch.size(0);
    return std::span<const T>(batch.data_ptr<T>() + image * size, static_cast<std::size_t>(size));
  };
  return {of(input), of(offset), mask.numel() > 0 ? of(mask) : std::span<const T>()};
}

/// [O, C, kh, kw] as matrices [groups, O / groups, C · kh · kw].
torch::Tensor group_matrices(const torch::Tensor& weight, std::int64_t groups) {
  return weight.reshape({groups, weight.size(0) / groups, -1});
}

class DeformConvFunction : public torch::autograd::Function<DeformConvFunction> {
 public:
  /// `mask` has no elements where there is none.
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input, const torch::Tensor& offset,
                               const torch::Tensor& mask, const torch::Tensor& weight, const DeformConvOptions& options) {
    const torch::Tensor maps = input.contiguous(), offsets = offset.contiguous(), masks = mask.contiguous();
    const DeformGeometry geometry = deform_geometry(input, weight, options);
    const torch::Tensor matrices = group_matrices(weight, options.groups);
    // What is given out must be no view: layers that follow may write into it.
    const torch::Tensor output = torch::empty({input.size(0), weight.size(0), offset.size(2), offset.size(3)}, maps.options());
    const torch::Tensor by_group =
        output.view({input.size(0), options.groups, weight.size(0) / options.groups, offset.size(2) * offset.size(3)});
    AT_DISPATCH_FLOATING_TYPES(maps.scalar_type(), "deform_conv2d", [&] {
      for_each_tile(geometry, input.size(0), [&](std::int64_t image, PixelRange pixels) {
        torch::Tensor columns = torch::empty({options.groups, matrices.size(2), pixels.count}, maps.options());
        kernels::deform_im2col<scalar_t>(geometry, image_input<scalar_t>(maps, offsets, masks, image), pixels, numbers<scalar_t>(columns),
                                         op_execution(columns));
        by_group[image].slice(2, pixels.first, pixels.first + pixels.count).copy_(torch::bmm(matrices, columns));
      });
    });
    context->save_for_backward({maps, offsets, masks, weight});
    context->saved_data["stride"] = std::vector<std::int64_t>(options.stride.begin(), options.stride.end());
    context->saved_data["padding"] = std::vector<std::int64_t>(options.padding.begin(), options.padding.end());
    context->saved_data["dilation"] = std::vector<std::int64_t>(options.dilation.begin(), options.dilation.end());
    context->saved_data["groups"] = options.groups;
    context->saved_data["deform_groups"] = options.deform_groups;
    return output;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &input = saved[0], &offset = saved[1], &mask = saved[2], &weight = saved[3];
    const auto pair = [&](const char* name) {
      const auto values = context->saved_data[name].toIntVector();
      return std::array<std::int64_t, 2>{values[0], values[1]};
    };
    const DeformConvOptions options{pair("stride"), pair("padding"), pair("dilation"), context->saved_data["groups"].toInt(),
                                    context->saved_data["deform_groups"].toInt()};
    const DeformGeometry geometry = deform_geometry(input, weight, options);
    const torch::Tensor matrices = group_matrices(weight, options.groups), transposed = matrices.transpose(1, 2);
    const torch::Tensor grad_output = gradients[0].reshape({input.size(0), options.groups, weight.size(0) / options.groups, -1});
    torch::Tensor grad_input = torch::zeros_like(input), grad_offset = torch::empty_like(offset), grad_mask = torch::empty_like(mask);
    torch::Tensor grad_weight = torch::zeros_like(matrices);
    AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "deform_conv2d_backward", [&] {
      for_each_tile(geometry, input.size(0), [&](std::int64_t image, PixelRange pixels) {
        const DeformInput<scalar_t> sampled = image_input<scalar_t>(input, offset, mask, image);
        const torch::Tensor gradient = grad_output[image].slice(2, pixels.first, pixels.first + pixels.count);
        torch::Tensor columns = torch::empty({options.groups, matrices.size(2), pixels.count}, input.options());
        kernels::deform_im2col<scalar_t>(geometry, sampled, pixels, numbers<scalar_t>(columns), op_execution(columns));
        grad_weight.baddbmm_(gradient, columns.transpose(1, 2));
        const torch::Tensor grad_columns = torch::bmm(transposed, gradient).contiguous();
        torch::Tensor grad_map = grad_input[image], grad_offsets = grad_offset[image];
        torch::Tensor grad_masks = mask.numel() > 0 ? grad_mask[image] : grad_mask;
        kernels::deform_col2im<scalar_t>(geometry, sampled, pixels, numbers<scalar_t>(grad_columns), numbers<scalar_t>(grad_map),
                                         op_execution(columns));
        kernels::deform_col2im_coordinates<scalar_t>(geometry, sampled, pixels, numbers<scalar_t>(grad_columns),
                                                     numbers<scalar_t>(grad_offsets), numbers<scalar_t>(grad_masks), op_execution(columns));
      });
    });
    return {grad_input, grad_offset, grad_mask, grad_weight.view_as(weight), torch::Tensor()};
  }

 private:
  template <class Work>
  static void for_each_tile(const DeformGeometry& geometry, std::int64_t images, const Work& work) {
    const std::int64_t pixels = geometry.output_height() * geometry.output_width();
    for (std::int64_t image = 0; image < images; ++image) {
      for (std::int64_t first = 0; first < pixels;) {
        const PixelRange tile = tile_of(geometry, first);
        work(image, tile);
        first += tile.count;
      }
    }
  }
};

torch::Tensor deform_conv(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask, const torch::Tensor& weight,
                          const DeformConvOptions& options) {
  check_deform_conv(input, offset, mask, weight, options);
  const bool one_type = offset.scalar_type() == input.scalar_type() && weight.scalar_type() == input.scalar_type();
  if (!has_kernel_type(input) || !one_type) return deform_conv2d_reference(input, offset, mask, weight, options);
  return DeformConvFunction::apply(input, offset, mask.defined() ? mask : offset.new_empty({0}), weight, options);
}

}  // namespace

torch::Tensor deform_conv2d(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& weight,
                            const DeformConvOptions& options) {
  return deform_conv(input, offset, {}, weight, options);
}

torch::Tensor modulated_deform_conv2d(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask,
                                      const torch::Tensor& weight, const torch::Tensor& bias, const DeformConvOptions& options) {
  const torch::Tensor output = deform_conv(input, offset, mask, weight, options);
  return bias.defined() ? output + bias.view({1, -1, 1, 1}) : output;
}

}  // namespace detforge::ops
