#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "detforge/base/error.h"
#include "detforge/data/masks/rle.h"

namespace detforge {

namespace {

constexpr double subpixels = 5;
constexpr double max_coordinate_px = 1e7;
constexpr std::int64_t max_boundary_points = std::int64_t{1} << 28;

struct Point {
  int x;
  int y;
};

/// Finds where a boundary, walked in steps of a fifth of a pixel, crosses the middles of pixel columns.
class Crossings {
 public:
  Crossings(std::uint32_t height, std::uint32_t width) : height_(height), width_(width) {}

  void walk_to(Point next) {
    if (has_point_ && next.x != point_.x) cross(next);
    point_ = next;
    has_point_ = true;
  }
  /// Where the mask changes, as pixels from the start.
  std::vector<std::uint32_t> take() { return std::move(pixels_); }

 private:
  void cross(Point next) {
    const double x = (double(next.x < point_.x ? next.x : next.x - 1) + .5) / subpixels - .5;
    if (std::floor(x) != x || x < 0 || x > double(width_) - 1) return;
    const double y = (double(next.y < point_.y ? next.y : point_.y) + .5) / subpixels - .5;
    pixels_.push_back(static_cast<std::uint32_t>(x) * height_ + static_cast<std::uint32_t>(std::ceil(std::clamp(y, 0.0, double(height_)))));
  }

  std::uint32_t height_;
  std::uint32_t width_;
  bool has_point_ = false;
  Point point_{};
  std::vector<std::uint32_t> pixels_;
};

/// The points of one edge, both ends included, rounded towards zero after adding a half: what negative coordinates
/// get is pycocotools' too.
void walk_edge(Point from, Point to, Crossings& crossings) {
  const int dx = std::abs(to.x - from.x);
  const int dy = std::abs(to.y - from.y);
  const bool flat = dx >= dy;
  const bool flip = flat ? from.x > to.x : from.y > to.y;
  if (flip) std::swap(from, to);
  const int steps = flat ? dx : dy;
  const double slope = steps == 0 ? 0 : flat ? double(to.y - from.y) / dx : double(to.x - from.x) / dy;
  for (int step = 0; step <= steps; ++step) {
    const int t = flip ? steps - step : step;
    if (flat) {
      crossings.walk_to({t + from.x, static_cast<int>(from.y + slope * t + .5)});
    } else {
      crossings.walk_to({static_cast<int>(from.x + slope * t + .5), t + from.y});
    }
  }
}

}  // namespace

Rle rle_from_polygon(std::span<const double> xy, std::uint64_t height, std::uint64_t width) {
  const std::size_t count = xy.size() / 2;
  if (count < 3) throw Error("a polygon has fewer than three points");
  if (height > max_mask_pixels || width > max_mask_pixels || height * width > max_mask_pixels)
    throw Error("a mask is larger than any image");
  std::vector<Point> points;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = xy[2 * i];
    const double y = xy[2 * i + 1];
    if (!(std::abs(x) <= max_coordinate_px && std::abs(y) <= max_coordinate_px)) {
      throw Error("a polygon has a coordinate beyond ten million pixels");
    }
    points.push_back({static_cast<int>(subpixels * x + .5), static_cast<int>(subpixels * y + .5)});
  }
  points.push_back(points.front());
  std::int64_t steps = 0;
  for (std::size_t i = 0; i < count; ++i) {
    steps += std::max(std::abs(points[i].x - points[i + 1].x), std::abs(points[i].y - points[i + 1].y));
  }
  if (steps > max_boundary_points) throw Error("the boundary of a polygon is longer than fifty million pixels");

  const auto mask_height = static_cast<std::uint32_t>(height);
  const auto mask_width = static_cast<std::uint32_t>(width);
  Crossings crossings(mask_height, mask_width);
  for (std::size_t i = 0; i < count; ++i) walk_edge(points[i], points[i + 1], crossings);
  std::vector<std::uint32_t> pixels = crossings.take();
  pixels.push_back(mask_height * mask_width);
  std::sort(pixels.begin(), pixels.end());

  Rle mask{mask_height, mask_width, {}};
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::uint32_t run = pixels[i] - std::exchange(previous, pixels[i]);
    if (run > 0 || i == 0) {
      mask.counts.push_back(run);
    } else if (++i < pixels.size()) {  // an empty run: its neighbours are one
      mask.counts.back() += pixels[i] - std::exchange(previous, pixels[i]);
    }
  }
  return mask;
}

Rle rle_from_box(const BoxXywh& box, std::uint64_t height, std::uint64_t width) {
  const auto& [x, y, box_width, box_height] = box;
  return rle_from_polygon(std::array{x, y, x, y + box_height, x + box_width, y + box_height, x + box_width, y}, height, width);
}

Rle rle_from_polygons(std::span<const std::vector<double>> polygons, std::uint64_t height, std::uint64_t width) {
  if (polygons.empty()) throw Error("has no polygon");
  const auto is_box = [](const std::vector<double>& polygon) { return polygon.size() == 4; };
  const bool are_boxes = std::all_of(polygons.begin(), polygons.end(), is_box);
  std::vector<Rle> parts;
  for (const std::vector<double>& polygon : polygons) {
    if (are_boxes) {
      parts.push_back(rle_from_box({polygon[0], polygon[1], polygon[2], polygon[3]}, height, width));
    } else if (polygon.size() / 2 >= 3) {
      parts.push_back(rle_from_polygon(polygon, height, width));
    }
  }
  // Two points enclose nothing, which is what pycocotools makes of five numbers.
  if (parts.empty() && polygons[0].size() == 5) return rle_from_counts(height, width, {static_cast<std::uint32_t>(height * width)});
  if (parts.empty()) throw Error("a polygon has fewer than three points");
  return merge(parts);
}

}  // namespace detforge
