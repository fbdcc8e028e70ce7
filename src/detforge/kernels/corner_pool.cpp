#include "detforge/kernels/corner_pool.h"

#include "detforge/base/parallel.h"

namespace detforge::kernels {
namespace {

/// The lines of a plane that the maximum runs along.
struct Lines {
  std::int64_t count, length;
  std::int64_t first, next_line;  // places in the plane
  std::int64_t step;              // along a line

  Lines(const FeatureShape& shape, CornerPoolMode mode) {
    const bool vertical = mode == CornerPoolMode::Top || mode == CornerPoolMode::Bottom;
    const bool backwards = mode == CornerPoolMode::Top || mode == CornerPoolMode::Left;
    count = vertical ? shape.width : shape.height;
    length = vertical ? shape.height : shape.width;
    next_line = vertical ? 1 : shape.width;
    const std::int64_t stride = vertical ? shape.width : 1;
    first = backwards ? (length - 1) * stride : 0;
    step = backwards ? -stride : stride;
  }
};

}  // namespace

template <class T>
void corner_pool(std::span<const T> input, const FeatureShape& shape, CornerPoolMode mode, std::span<T> output,
                 std::span<std::int32_t> argmax, const Execution& execution) {
  const Lines lines(shape, mode);
  parallel_for(static_cast<std::size_t>(shape.batch * shape.channels), execution.threads, [&](std::size_t plane) {
    const std::int64_t offset = static_cast<std::int64_t>(plane) * shape.plane();
    for (std::int64_t line = 0; line < lines.count; ++line) {
      std::int64_t largest = lines.first + line * lines.next_line;
      for (std::int64_t i = 0, place = largest; i < lines.length; ++i, place += lines.step) {
        if (input[static_cast<std::size_t>(offset + place)] >= input[static_cast<std::size_t>(offset + largest)]) largest = place;
        output[static_cast<std::size_t>(offset + place)] = input[static_cast<std::size_t>(offset + largest)];
        argmax[static_cast<std::size_t>(offset + place)] = static_cast<std::int32_t>(largest);
      }
    }
  });
}

template <class T>
void corner_pool_backward(std::span<const T> grad_output, const FeatureShape& shape, std::span<const std::int32_t> argmax,
                          std::span<T> grad_input, const Execution& execution) {
  const auto size = static_cast<std::size_t>(shape.plane());
  parallel_for(static_cast<std::size_t>(shape.batch * shape.channels), execution.threads, [&](std::size_t plane) {
    for (std::size_t i = plane * size; i < (plane + 1) * size; ++i) {
      grad_input[plane * size + static_cast<std::size_t>(argmax[i])] += grad_output[i];
    }
  });
}

template void corner_pool(std::span<const float>, const FeatureShape&, CornerPoolMode, std::span<float>, std::span<std::int32_t>,
                          const Execution&);
template void corner_pool(std::span<const double>, const FeatureShape&, CornerPoolMode, std::span<double>, std::span<std::int32_t>,
                          const Execution&);
template void corner_pool_backward(std::span<const float>, const FeatureShape&, std::span<const std::int32_t>, std::span<float>,
                                   const Execution&);
template void corner_pool_backward(std::span<const double>, const FeatureShape&, std::span<const std::int32_t>, std::span<double>,
                                   const Execution&);

}  // namespace detforge::kernels
