#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Binary masks as run lengths, with COCO's conventions and pycocotools' numbers.
///
/// Pixels are counted down the columns, first column first; runs alternate between 0 and 1 and begin with 0 (so the
/// first run may have length 0). Every function that takes bytes from outside throws `Error` for what is no mask.
namespace detforge {

/// `{x, y, width, height}` in pixels.
using BoxXywh = std::array<double, 4>;

struct Rle {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::vector<std::uint32_t> counts;  ///< sums to height * width

  friend bool operator==(const Rle&, const Rle&) = default;
};

/// Pixels that a mask may have: more than any image holds, and 32 bits can count them.
constexpr std::uint64_t max_mask_pixels = std::uint64_t{1} << 31;

/// Throws `Error` unless `counts` sums to height * width and that is at most `max_mask_pixels`.
Rle rle_from_counts(std::uint64_t height, std::uint64_t width, std::vector<std::uint32_t> counts);
/// From COCO's compressed text: differences to the run before the last in 5-bit groups, low ones first, as the characters from '0' on.
Rle rle_from_text(std::uint64_t height, std::uint64_t width, std::string_view text);
std::string rle_text(const Rle& mask);

/// `bitmap` [height, width] by rows; everything but 0 is inside.
Rle rle_from_bitmap(std::span<const std::uint8_t> bitmap, std::uint32_t height, std::uint32_t width);
/// [height, width] by rows, of 0 and 1.
std::vector<std::uint8_t> bitmap_of(const Rle& mask);

/// The inside of a closed polygon `x0, y0, x1, y1, …` (px; a last odd number is ignored), drawn as pycocotools does it: the boundary in
/// steps of a fifth of a pixel, each column's crossings rounded up. Throws `Error` for fewer than three points, for
/// coordinates that are not finite or absurdly far away.
Rle rle_from_polygon(std::span<const double> xy, std::uint64_t height, std::uint64_t width);

/// The box `{x, y, width, height}` as a polygon.
Rle rle_from_box(const BoxXywh& box, std::uint64_t height, std::uint64_t width);
/// One object's polygons, joined, as pycocotools draws a list of them: beside others, a polygon of fewer than three points adds nothing;
/// where all have four numbers, they are boxes. Throws `Error` where none can be drawn.
Rle rle_from_polygons(std::span<const std::vector<double>> polygons, std::uint64_t height, std::uint64_t width);

/// Pixels inside.
std::uint64_t area_of(const Rle& mask);
/// The tightest box in whole pixels; all 0 for an empty mask.
BoxXywh box_of(const Rle& mask);
/// Union, or with `intersect` the intersection. Throws `Error` when sizes differ; no masks give an empty one of size 0.
Rle merge(std::span<const Rle> masks, bool intersect = false);

/// Intersection over union, with `crowd` over the detection's area; touching boxes overlap by 0.
double overlap(const BoxXywh& detection, const BoxXywh& truth, bool crowd);
/// The same of masks; their boxes (`box_of`) spare most of the work. -1 where the sizes differ but the boxes overlap.
double overlap(const Rle& detection, const BoxXywh& detection_box, const Rle& truth, const BoxXywh& truth_box, bool crowd);

}  // namespace detforge
