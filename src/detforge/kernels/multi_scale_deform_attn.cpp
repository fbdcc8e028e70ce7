#include "detforge/kernels/multi_scale_deform_attn.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "detforge/base/parallel.h"
#include "detforge/base/simd.h"

namespace detforge::kernels {
namespace {

/// The four pixels around a point: how much each counts, how fast that changes with x and y, px, and where it lies among the keys; -1
/// outside of the map.
template <class T>
struct Corners {
  std::array<std::int64_t, 4> key = {-1, -1, -1, -1};
  std::array<T, 4> weight = {}, by_x = {}, by_y = {};
};

template <class T>
Corners<T> corners_of(const DeformAttnGeometry::Level& level, T location_x, T location_y) {
  Corners<T> corners;
  const T x = location_x * static_cast<T>(level.width) - T(0.5), y = location_y * static_cast<T>(level.height) - T(0.5);
  // What is no number lies nowhere.
  if (!(x > -1 && y > -1 && x < static_cast<T>(level.width) && y < static_cast<T>(level.height))) return corners;
  const T left = std::floor(x), top = std::floor(y), right_share = x - left, lower_share = y - top;
  for (std::size_t i = 0; i < 4; ++i) {
    const bool is_lower = i >= 2, is_right = i % 2 == 1;
    const std::int64_t column = static_cast<std::int64_t>(left) + (is_right ? 1 : 0),
                       row = static_cast<std::int64_t>(top) + (is_lower ? 1 : 0);
    if (row < 0 || column < 0 || row >= level.height || column >= level.width) continue;
    const T share_x = is_right ? right_share : 1 - right_share, share_y = is_lower ? lower_share : 1 - lower_share;
    corners.key[i] = level.first_key + row * level.width + column;
    corners.weight[i] = share_x * share_y;
    corners.by_x[i] = is_right ? share_y : -share_y;
    corners.by_y[i] = is_lower ? share_x : -share_x;
  }
  return corners;
}

/// A pixel that is read: where its channels begin, and how much they count.
template <class T>
struct Read {
  const T* channels;
  T weight;
};

template <class T>
[[gnu::always_inline]] inline void add_scaled_of(const T* from, T factor, std::int64_t count, T* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}
template <class T>
[[gnu::always_inline]] inline void add_all_of(const std::pmr::vector<Read<T>>& reads, std::int64_t count, T* __restrict to) {
  for (const Read<T>& read : reads) add_scaled_of(read.channels, read.weight, count, to);
}
template <class T>
[[gnu::always_inline]] inline T product_of(const T* a, const T* b, std::int64_t count) {
  constexpr std::int64_t lanes = 16;  // sums of their own, so that the compiler may take several at once
  std::array<T, lanes> sums{};
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[static_cast<std::size_t>(lane)] += a[i + lane] * b[i + lane];
  }
  for (; i < count; ++i) sums[0] += a[i] * b[i];
  T sum = 0;
  for (const T partial : sums) sum += partial;
  return sum;
}

DETFORGE_SIMD void add_scaled(const float* from, float factor, std::int64_t count, float* to) { add_scaled_of(from, factor, count, to); }
DETFORGE_SIMD void add_scaled(const double* from, double factor, std::int64_t count, double* to) { add_scaled_of(from, factor, count, to); }
DETFORGE_SIMD void add_all(const std::pmr::vector<Read<float>>& reads, std::int64_t count, float* to) { add_all_of(reads, count, to); }
DETFORGE_SIMD void add_all(const std::pmr::vector<Read<double>>& reads, std::int64_t count, double* to) { add_all_of(reads, count, to); }
DETFORGE_SIMD float product(const float* a, const float* b, std::int64_t count) { return product_of(a, b, count); }
DETFORGE_SIMD double product(const double* a, const double* b, std::int64_t count) { return product_of(a, b, count); }

/// Calls `work(level, place of the point among all, its corners)` for each point of a query and head; `first` is the place of the first
/// one.
template <class T, class Work>
void for_each_point(const DeformAttnGeometry& geometry, const DeformAttnInput<T>& input, std::int64_t first, const Work& work) {
  std::int64_t place = first;
  for (const DeformAttnGeometry::Level& level : geometry.levels) {
    for (std::int64_t point = 0; point < geometry.points; ++point, ++place) {
      const T* location = input.locations.data() + 2 * place;
      work(level, place, corners_of(level, location[0], location[1]));
    }
  }
}

/// Calls `work(image, head)` for each.
template <class Work>
void for_each_head(const DeformAttnGeometry& geometry, const Execution& execution, const Work& work) {
  parallel_for(static_cast<std::size_t>(geometry.images * geometry.heads), execution.threads, [&](std::size_t task) {
    work(static_cast<std::int64_t>(task) / geometry.heads, static_cast<std::int64_t>(task) % geometry.heads);
  });
}

/// Where what belongs to an image and head begins.
struct Places {
  const DeformAttnGeometry& geometry;
  std::int64_t image, head;

  /// The channels of a query's output.
  std::int64_t output(std::int64_t query) const { return row(geometry.queries, query) * geometry.channels; }
  std::int64_t first_point(std::int64_t query) const {
    return row(geometry.queries, query) * static_cast<std::int64_t>(geometry.levels.size()) * geometry.points;
  }
  /// The channels of a key's value.
  std::int64_t key(std::int64_t key) const { return row(geometry.keys, key) * geometry.channels; }

 private:
  std::int64_t row(std::int64_t of_image, std::int64_t i) const { return (image * of_image + i) * geometry.heads + head; }
};

}  // namespace

template <class T>
void multi_scale_deform_attn(const DeformAttnGeometry& geometry, const DeformAttnInput<T>& input, std::span<T> output,
                             const Execution& execution) {
  for_each_head(geometry, execution, [&](std::int64_t image, std::int64_t head) {
    const Places places{geometry, image, head};
    std::pmr::vector<Read<T>> reads(execution.memory);
    for (std::int64_t query = 0; query < geometry.queries; ++query) {
      reads.clear();
      for_each_point(geometry, input, places.first_point(query), [&](const auto&, std::int64_t place, const Corners<T>& corners) {
        const T weight = input.weights[static_cast<std::size_t>(place)];
        for (std::size_t i = 0; i < 4; ++i) {
          if (corners.key[i] >= 0) reads.push_back({input.value.data() + places.key(corners.key[i]), weight * corners.weight[i]});
        }
      });
      T* sum = output.data() + places.output(query);
      std::fill_n(sum, geometry.channels, T(0));
      add_all(reads, geometry.channels, sum);
    }
  });
}

template <class T>
void multi_scale_deform_attn_backward(const DeformAttnGeometry& geometry, const DeformAttnInput<T>& input, std::span<const T> grad_output,
                                      const DeformAttnGradients<T>& gradients, const Execution& execution) {
  // No two threads add to the same head of an image.
  for_each_head(geometry, execution, [&](std::int64_t image, std::int64_t head) {
    const Places places{geometry, image, head};
    for (std::int64_t query = 0; query < geometry.queries; ++query) {
      const T* gradient = grad_output.data() + places.output(query);
      for_each_point(geometry, input, places.first_point(query), [&](const auto& level, std::int64_t place, const Corners<T>& corners) {
        const T weight = input.weights[static_cast<std::size_t>(place)];
        T by_x = 0, by_y = 0, by_weight = 0;
        for (std::size_t i = 0; i < 4; ++i) {
          if (corners.key[i] < 0) continue;
          const std::int64_t key = places.key(corners.key[i]);
          const T read = product(input.value.data() + key, gradient, geometry.channels);
          by_weight += corners.weight[i] * read;
          by_x += corners.by_x[i] * read;
          by_y += corners.by_y[i] * read;
          add_scaled(gradient, weight * corners.weight[i], geometry.channels, gradients.value.data() + key);
        }
        gradients.weights[static_cast<std::size_t>(place)] = by_weight;
        gradients.locations[static_cast<std::size_t>(2 * place)] = weight * by_x * static_cast<T>(level.width);
        gradients.locations[static_cast<std::size_t>(2 * place + 1)] = weight * by_y * static_cast<T>(level.height);
      });
    }
  });
}

template void multi_scale_deform_attn(const DeformAttnGeometry&, const DeformAttnInput<float>&, std::span<float>, const Execution&);
template void multi_scale_deform_attn(const DeformAttnGeometry&, const DeformAttnInput<double>&, std::span<double>, const Execution&);
template void multi_scale_deform_attn_backward(const DeformAttnGeometry&, const DeformAttnInput<float>&, std::span<const float>,
                                               const DeformAttnGradients<float>&, const Execution&);
template void multi_scale_deform_attn_backward(const DeformAttnGeometry&, const DeformAttnInput<double>&, std::span<const double>,
                                               const DeformAttnGradients<double>&, const Execution&);

}  // namespace detforge::kernels
