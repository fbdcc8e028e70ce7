#include "detforge/models/training/gaussian_target.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace detforge {

double gaussian_radius(double height, double width, double min_overlap) {
  const double sides = height + width, area = height * width;
  // One corner within the right box and one outside; both within; both outside.
  const double mixed = (sides - std::sqrt(sides * sides - 4 * area * (1 - min_overlap) / (1 + min_overlap))) / 2;
  const double within = (2 * sides - std::sqrt(4 * sides * sides - 16 * (1 - min_overlap) * area)) / 8;
  const double a = 4 * min_overlap, b = -2 * min_overlap * sides;
  const double outside = (b + std::sqrt(b * b - 4 * a * (min_overlap - 1) * area)) / (2 * a);
  return std::min({mixed, within, outside});
}

void draw_gaussian(const torch::Tensor& heatmap, std::int64_t x, std::int64_t y, std::int64_t radius) {
  const double sigma = static_cast<double>(2 * radius + 1) / 6;
  const torch::Tensor steps = torch::arange(-radius, radius + 1, heatmap.options());
  const torch::Tensor square = steps * steps;
  torch::Tensor bump = (-(square.view({1, -1}) + square.view({-1, 1})) / (2 * sigma * sigma)).exp();
  bump.masked_fill_(bump < std::numeric_limits<float>::epsilon() * bump.max(), 0);
  const std::int64_t left = std::min(x, radius), right = std::min(heatmap.size(1) - x, radius + 1);
  const std::int64_t top = std::min(y, radius), bottom = std::min(heatmap.size(0) - y, radius + 1);
  const torch::Tensor place = heatmap.slice(0, y - top, y + bottom).slice(1, x - left, x + right);
  place.copy_(torch::max(place, bump.slice(0, radius - top, radius + bottom).slice(1, radius - left, radius + right)));
}

}  // namespace detforge
