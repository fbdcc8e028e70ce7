#include "detforge/data/masks/rle.h"

#include <fmt/format.h>

#include <algorithm>

#include "detforge/base/error.h"
#include "detforge/data/box_overlap.h"

namespace detforge {

namespace {

void check_size(std::uint64_t height, std::uint64_t width) {
  if (height > max_mask_pixels || width > max_mask_pixels || height * width > max_mask_pixels) {
    throw Error(fmt::format("a mask of {} x {} pixels is larger than any image", height, width));
  }
}

/// Walks over the runs of a mask, one pixel range after the other.
class Runs {
 public:
  explicit Runs(const Rle& mask) : counts_(mask.counts) { advance(0); }
  bool is_done() const { return left_ == 0; }
  bool is_inside() const { return index_ % 2 == 0; }  // the index is already one further
  std::uint32_t left() const { return left_; }
  void advance(std::uint32_t pixels) {
    left_ -= pixels;
    while (left_ == 0 && index_ < counts_.size()) left_ = counts_[index_++];
  }

 private:
  std::span<const std::uint32_t> counts_;
  std::size_t index_ = 0;
  std::uint32_t left_ = 0;
};

Rle merge_two(const Rle& a, const Rle& b, bool intersect) {
  Rle result{a.height, a.width, {}};
  Runs runs_a(a);
  Runs runs_b(b);
  bool inside = false;
  std::uint32_t length = 0;
  while (!runs_a.is_done() && !runs_b.is_done()) {
    const bool now = intersect ? runs_a.is_inside() && runs_b.is_inside() : runs_a.is_inside() || runs_b.is_inside();
    if (now != inside) {
      result.counts.push_back(length);
      length = 0;
      inside = now;
    }
    const std::uint32_t step = std::min(runs_a.left(), runs_b.left());
    length += step;
    runs_a.advance(step);
    runs_b.advance(step);
  }
  result.counts.push_back(length);
  return result;
}

}  // namespace

Rle rle_from_counts(std::uint64_t height, std::uint64_t width, std::vector<std::uint32_t> counts) {
  check_size(height, width);
  std::uint64_t sum = 0;
  for (const std::uint32_t count : counts) sum += count;
  if (sum != height * width) {
    throw Error(fmt::format("the counts of a mask sum to {}, not to the {} pixels of {} x {}", sum, height * width, height, width));
  }
  return {static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(width), std::move(counts)};
}

Rle rle_from_text(std::uint64_t height, std::uint64_t width, std::string_view text) {
  constexpr unsigned max_groups = 7;  // 35 bits hold any difference of two runs
  std::vector<std::uint32_t> counts;
  std::size_t at = 0;
  while (at < text.size()) {
    std::int64_t value = 0;
    unsigned groups = 0;
    unsigned bits = 0;
    do {
      if (at == text.size()) throw Error("the counts of a mask end in the middle of a number");
      const int character = static_cast<unsigned char>(text[at++]);
      if (character < 48 || character > 111) throw Error("the counts of a mask hold a character that is none of '0' to 'o'");
      if (groups == max_groups) throw Error("the counts of a mask hold a number of more than 35 bits");
      bits = static_cast<unsigned>(character - 48);
      value |= static_cast<std::int64_t>(bits & 0x1FU) << (5 * groups++);
    } while ((bits & 0x20U) != 0);
    if ((bits & 0x10U) != 0) value -= std::int64_t{1} << (5 * groups);
    if (counts.size() > 2) value += counts[counts.size() - 2];
    if (value < 0 || value > static_cast<std::int64_t>(max_mask_pixels))
      throw Error("the counts of a mask hold a run of impossible length");
    counts.push_back(static_cast<std::uint32_t>(value));
  }
  return rle_from_counts(height, width, std::move(counts));
}

std::string rle_text(const Rle& mask) {
  std::string text;
  for (std::size_t i = 0; i < mask.counts.size(); ++i) {
    std::int64_t value = mask.counts[i];
    if (i > 2) value -= mask.counts[i - 2];
    for (bool more = true; more;) {
      auto character = static_cast<unsigned>(value & 0x1F);
      value >>= 5;
      more = (character & 0x10U) != 0 ? value != -1 : value != 0;
      if (more) character |= 0x20U;
      text += static_cast<char>(character + 48);
    }
  }
  return text;
}

Rle rle_from_bitmap(std::span<const std::uint8_t> bitmap, std::uint32_t height, std::uint32_t width) {
  check_size(height, width);
  if (bitmap.size() != std::size_t{height} * width) throw Error("a bitmap has another size than it says", ErrorKind::Internal);
  Rle mask{height, width, {}};
  bool inside = false;
  std::uint32_t length = 0;
  for (std::size_t x = 0; x < width; ++x) {
    for (std::size_t y = 0; y < height; ++y) {
      if ((bitmap[y * width + x] != 0) != inside) {
        mask.counts.push_back(length);
        length = 0;
        inside = !inside;
      }
      ++length;
    }
  }
  mask.counts.push_back(length);
  return mask;
}

std::vector<std::uint8_t> bitmap_of(const Rle& mask) {
  std::vector<std::uint8_t> bitmap(std::size_t{mask.height} * mask.width);
  std::size_t pixel = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    const std::size_t end = std::min(pixel + mask.counts[run], bitmap.size());
    for (; pixel < end; ++pixel) {
      if (run % 2 == 1) bitmap[pixel % mask.height * mask.width + pixel / mask.height] = 1;
    }
  }
  return bitmap;
}

std::uint64_t area_of(const Rle& mask) {
  std::uint64_t area = 0;
  for (std::size_t run = 1; run < mask.counts.size(); run += 2) area += mask.counts[run];
  return area;
}

BoxXywh box_of(const Rle& mask) {
  std::uint32_t left = mask.width;
  std::uint32_t top = mask.height;
  std::uint32_t right = 0;
  std::uint32_t bottom = 0;
  std::uint32_t pixel = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    const std::uint32_t begin = pixel;
    pixel += mask.counts[run];
    if (run % 2 == 0 || begin == pixel) continue;
    const std::uint32_t last = pixel - 1;
    left = std::min(left, begin / mask.height);
    right = std::max(right, last / mask.height);
    const bool several_columns = begin / mask.height != last / mask.height;
    top = several_columns ? 0 : std::min(top, begin % mask.height);
    bottom = several_columns ? mask.height - 1 : std::max(bottom, last % mask.height);
  }
  if (left == mask.width) return {};
  return {double(left), double(top), double(right - left + 1), double(bottom - top + 1)};
}

Rle merge(std::span<const Rle> masks, bool intersect) {
  if (masks.empty()) return {};
  Rle result = masks[0];
  for (const Rle& mask : masks.subspan(1)) {
    if (mask.height != result.height || mask.width != result.width) throw Error("masks of different sizes can not be merged");
    result = merge_two(result, mask, intersect);
  }
  return result;
}

double overlap(const BoxXywh& detection, const BoxXywh& truth, bool crowd) {
  const auto corners = [](const BoxXywh& box) { return BoxXywh{box[0], box[1], box[2] + box[0], box[3] + box[1]}; };
  const double shared = shared_area(corners(detection), corners(truth)), area = detection[2] * detection[3];
  if (shared == 0) return 0;
  return crowd ? shared / area : iou_of(shared, area, truth[2] * truth[3]);
}

double overlap(const Rle& detection, const BoxXywh& detection_box, const Rle& truth, const BoxXywh& truth_box, bool crowd) {
  const double of_boxes = overlap(detection_box, truth_box, crowd);
  if (of_boxes <= 0) return of_boxes;
  if (detection.height != truth.height || detection.width != truth.width) return -1;
  std::uint64_t both = 0;
  Runs of_detection(detection);
  Runs of_truth(truth);
  while (!of_detection.is_done() && !of_truth.is_done()) {
    const std::uint32_t step = std::min(of_detection.left(), of_truth.left());
    if (of_detection.is_inside() && of_truth.is_inside()) both += step;
    of_detection.advance(step);
    of_truth.advance(step);
  }
  if (both == 0) return 0;
  const std::uint64_t area = area_of(detection);
  return static_cast<double>(both) / static_cast<double>(crowd ? area : area + area_of(truth) - both);
}

}  // namespace detforge
