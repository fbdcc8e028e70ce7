#include "detforge/kernels/carafe.h"

#include <algorithm>
#include <vector>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"

/// Every row of the source is spread over the columns of the output first (each pixel `scale_factor` times, zeros around), so that
/// the inner loops run along memory.
namespace detforge::kernels {
namespace {

/// Sizes of one problem.
struct Carafe {
  FeatureShape shape;
  CarafeOptions options;
  std::int64_t radius, output_width, output_plane, spread_width, group_channels;

  Carafe(const FeatureShape& maps, const CarafeOptions& given) : shape(maps), options(given) {
    radius = options.kernel_size / 2;
    output_width = shape.width * options.scale_factor;
    output_plane = output_width * shape.height * options.scale_factor;
    spread_width = (shape.width + 2 * radius) * options.scale_factor;
    group_channels = shape.channels / options.group_size;
  }

  std::int64_t masks_of(std::int64_t image, std::int64_t channel) const {
    const std::int64_t group = channel / group_channels;
    return (image * options.group_size + group) * options.kernel_size * options.kernel_size * output_plane;
  }
};

/// Row `y` of a plane, spread; zeros where there is none.
template <class T>
void spread_row(const Carafe& carafe, const T* plane, std::int64_t y, T* row) {
  std::fill_n(row, carafe.spread_width, T(0));
  if (y < 0 || y >= carafe.shape.height) return;
  T* at = row + carafe.radius * carafe.options.scale_factor;
  for (std::int64_t x = 0; x < carafe.shape.width; ++x, at += carafe.options.scale_factor) {
    std::fill_n(at, carafe.options.scale_factor, plane[y * carafe.shape.width + x]);
  }
}

/// The reverse: adds the sum of each pixel's places in the row to the plane.
template <class T>
void gather_row(const Carafe& carafe, const T* row, std::int64_t y, T* plane) {
  if (y < 0 || y >= carafe.shape.height) return;
  const T* at = row + carafe.radius * carafe.options.scale_factor;
  for (std::int64_t x = 0; x < carafe.shape.width; ++x) {
    for (std::int64_t i = 0; i < carafe.options.scale_factor; ++i) plane[y * carafe.shape.width + x] += *at++;
  }
}

template <class T>
[[gnu::always_inline]] inline void add_products_of(const T* a, const T* b, std::int64_t count, T* __restrict sum) {
  for (std::int64_t i = 0; i < count; ++i) sum[i] += a[i] * b[i];
}
DETFORGE_SIMD void add_products(const float* a, const float* b, std::int64_t count, float* sum) { add_products_of(a, b, count, sum); }
DETFORGE_SIMD void add_products(const double* a, const double* b, std::int64_t count, double* sum) { add_products_of(a, b, count, sum); }

/// Calls `work(row of the kernel, element, row of the output)` for everything that one row of the source takes part in as the middle.
template <class Work>
void for_each_row(const CarafeOptions& options, std::int64_t y, const Work& work) {
  for (std::int64_t sub = 0; sub < options.scale_factor; ++sub) {
    for (std::int64_t i = 0; i < options.kernel_size; ++i) {
      for (std::int64_t j = 0; j < options.kernel_size; ++j) work(i, j, y * options.scale_factor + sub);
    }
  }
}

/// `parallel_for` over the rows of the source in all images.
template <class Work>
void for_each_source_row(const FeatureShape& shape, const Execution& execution, const Work& work) {
  parallel_for(static_cast<std::size_t>(shape.batch * shape.height), execution.threads, [&](std::size_t task) {
    work(static_cast<std::int64_t>(task) / shape.height, static_cast<std::int64_t>(task) % shape.height);
  });
}

/// The rows of one channel that the kernel sees around `y`, one after the other.
template <class T>
void spread_rows(const Carafe& carafe, const T* plane, std::int64_t y, std::pmr::vector<T>& rows) {
  for (std::int64_t i = 0; i < carafe.options.kernel_size; ++i) {
    spread_row(carafe, plane, y + i - carafe.radius, rows.data() + i * carafe.spread_width);
  }
}

}  // namespace

template <class T>
void carafe(std::span<const T> input, std::span<const T> masks, const FeatureShape& shape, const CarafeOptions& options,
            std::span<T> output, const Execution& execution) {
  const Carafe sizes(shape, options);
  for_each_source_row(shape, execution, [&](std::int64_t image, std::int64_t y) {
    std::pmr::vector<T> rows(static_cast<std::size_t>(options.kernel_size * sizes.spread_width), execution.memory);
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
      const std::int64_t plane = image * shape.channels + channel;
      const T* weights = masks.data() + sizes.masks_of(image, channel);
      T* target = output.data() + plane * sizes.output_plane;
      spread_rows(sizes, input.data() + plane * shape.plane(), y, rows);
      std::fill_n(target + y * options.scale_factor * sizes.output_width, options.scale_factor * sizes.output_width, T(0));
      for_each_row(options, y, [&](std::int64_t i, std::int64_t j, std::int64_t row) {
        add_products(weights + (i * options.kernel_size + j) * sizes.output_plane + row * sizes.output_width,
                     rows.data() + i * sizes.spread_width + j * options.scale_factor, sizes.output_width,
                     target + row * sizes.output_width);
      });
    }
  });
}

template <class T>
void carafe_backward(std::span<const T> grad_output, std::span<const T> input, std::span<const T> masks, const FeatureShape& shape,
                     const CarafeOptions& options, std::span<T> grad_input, std::span<T> grad_masks, const Execution& execution) {
  const Carafe sizes(shape, options);
  std::fill(grad_input.begin(), grad_input.end(), T(0));
  std::fill(grad_masks.begin(), grad_masks.end(), T(0));
  parallel_for(static_cast<std::size_t>(shape.batch * shape.channels), execution.threads, [&](std::size_t task) {
    const auto plane = static_cast<std::int64_t>(task);
    const T* weights = masks.data() + sizes.masks_of(plane / shape.channels, plane % shape.channels);
    const T* gradient = grad_output.data() + plane * sizes.output_plane;
    std::pmr::vector<T> rows(static_cast<std::size_t>(options.kernel_size * sizes.spread_width), execution.memory);
    for (std::int64_t y = 0; y < shape.height; ++y) {
      std::fill(rows.begin(), rows.end(), T(0));
      for_each_row(options, y, [&](std::int64_t i, std::int64_t j, std::int64_t row) {
        add_products(weights + (i * options.kernel_size + j) * sizes.output_plane + row * sizes.output_width,
                     gradient + row * sizes.output_width, sizes.output_width,
                     rows.data() + i * sizes.spread_width + j * options.scale_factor);
      });
      for (std::int64_t i = 0; i < options.kernel_size; ++i) {
        gather_row(sizes, rows.data() + i * sizes.spread_width, y + i - sizes.radius, grad_input.data() + plane * shape.plane());
      }
    }
  });
  for_each_source_row(shape, execution, [&](std::int64_t image, std::int64_t y) {
    std::pmr::vector<T> rows(static_cast<std::size_t>(options.kernel_size * sizes.spread_width), execution.memory);
    for (std::int64_t channel = 0; channel < shape.channels; ++channel) {
      const std::int64_t plane = image * shape.channels + channel;
      T* target = grad_masks.data() + sizes.masks_of(image, channel);
      spread_rows(sizes, input.data() + plane * shape.plane(), y, rows);
      for_each_row(options, y, [&](std::int64_t i, std::int64_t j, std::int64_t row) {
        add_products(grad_output.data() + plane * sizes.output_plane + row * sizes.output_width,
                     rows.data() + i * sizes.spread_width + j * options.scale_factor, sizes.output_width,
                     target + (i * options.kernel_size + j) * sizes.output_plane + row * sizes.output_width);
      });
    }
  });
}

template void carafe(std::span<const float>, std::span<const float>, const FeatureShape&, const CarafeOptions&, std::span<float>,
                     const Execution&);
template void carafe(std::span<const double>, std::span<const double>, const FeatureShape&, const CarafeOptions&, std::span<double>,
                     const Execution&);
template void carafe_backward(std::span<const float>, std::span<const float>, std::span<const float>, const FeatureShape&,
                              const CarafeOptions&, std::span<float>, std::span<float>, const Execution&);
template void carafe_backward(std::span<const double>, std::span<const double>, std::span<const double>, const FeatureShape&,
                              const CarafeOptions&, std::span<double>, std::span<double>, const Execution&);

}  // namespace detforge::kernels
