#include "detforge/ops/deform_conv.h"

namespace detforge::ops {
namespace {

/// Where the elements of the kernel stand without offsets, along one axis: [kernel, places].
torch::Tensor deform_conv_places(std::int64_t places, std::int64_t kernel, std::int64_t stride, std::int64_t padding, std::int64_t dilation,
                                 const torch::TensorOptions& options) {
  const torch::Tensor place = torch::arange(places, options).unsqueeze(0) * stride - padding;
  return place + torch::arange(kernel, options).unsqueeze(1) * dilation;
}

/// `planes` [N, G, C, H · W] at (y, x), each [N, G, S], and 0 outside of the plane: [N, G, C, S].
torch::Tensor deform_conv_corner(const torch::Tensor& planes, const torch::Tensor& y, const torch::Tensor& x, std::int64_t height,
                                 std::int64_t width) {
  const torch::Tensor exists = y.ge(0).logical_and(y.lt(height)).logical_and(x.ge(0)).logical_and(x.lt(width));
  const torch::Tensor place = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).to(torch::kLong);
  const torch::Tensor index = place.unsqueeze(2).expand({-1, -1, planes.size(2), -1});
  return planes.gather(3, index) * exists.unsqueeze(2).to(planes.scalar_type());
}

}  // namespace

torch::Tensor deform_conv2d_reference(const torch::Tensor& input, const torch::Tensor& offset, const torch::Tensor& mask,
                                      const torch::Tensor& weight, const DeformConvOptions& options) {
  const std::int64_t images = input.size(0), channels = input.size(1), height = input.size(2), width = input.size(3);
  const std::int64_t kernel_height = weight.size(2), kernel_width = weight.size(3), kernel = kernel_height * kernel_width;
  const std::int64_t rows = offset.size(2), columns = offset.size(3), deform_groups = options.deform_groups;
  const auto& like = offset.options();
  const torch::Tensor at_y = deform_conv_places(rows, kernel_height, options.stride[0], options.padding[0], options.dilation[0], like);
  const torch::Tensor at_x = deform_conv_places(columns, kernel_width, options.stride[1], options.padding[1], options.dilation[1], like);
  const torch::Tensor moved = offset.reshape({images, deform_groups, kernel_height, kernel_width, 2, rows, columns});
  const torch::Tensor y = (moved.select(4, 0) + at_y.view({kernel_height, 1, rows, 1})).flatten(2);
  const torch::Tensor x = (moved.select(4, 1) + at_x.view({1, kernel_width, 1, columns})).flatten(2);
  const torch::Tensor top = y.detach().floor(), left = x.detach().floor();
  const torch::Tensor below = (y - top).unsqueeze(2), right = (x - left).unsqueeze(2);
  const torch::Tensor planes = input.reshape({images, deform_groups, channels / deform_groups, height * width});
  const auto corner = [&](int down, int across) { return deform_conv_corner(planes, top + down, left + across, height, width); };
  torch::Tensor samples =
      (1 - below) * ((1 - right) * corner(0, 0) + right * corner(0, 1)) + below * ((1 - right) * corner(1, 0) + right * corner(1, 1));
  if (mask.defined()) samples = samples * mask.reshape({images, deform_groups, 1, kernel * rows * columns});
  const std::int64_t groups = options.groups, outputs = weight.size(0);
  const torch::Tensor by_group = samples.reshape({images, groups, channels / groups * kernel, rows * columns});
  return torch::matmul(weight.reshape({groups, outputs / groups, channels / groups * kernel}), by_group)
      .reshape({images, outputs, rows, columns});
}

}  // namespace detforge::ops
