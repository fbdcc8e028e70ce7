#include "detforge/visualize/labels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>

namespace detforge {

namespace {

constexpr int hershey = cv::FONT_HERSHEY_SIMPLEX;

/// The ground moved into the picture; at its left and upper edge where it is larger.
cv::Rect moved_into(const cv::Size& picture, cv::Rect ground) {
  ground.x = std::max(0, std::min(ground.x, picture.width - ground.width));
  ground.y = std::max(0, std::min(ground.y, picture.height - ground.height));
  return ground;
}

/// Above the box, below it, then inside; left and right. Where a picture ends, several of them are the same place.
std::array<cv::Point, 8> corners_for(const cv::Rect& box, const cv::Size& size) {
  const int left = box.x, right = box.x + box.width - size.width;
  const int above = box.y - size.height, top = box.y, bottom = box.y + box.height - size.height, below = box.y + box.height;
  return {{{left, above}, {right, above}, {left, top}, {right, top}, {left, below}, {right, below}, {left, bottom}, {right, bottom}}};
}

std::int64_t area_covered(const cv::Rect& ground, const std::vector<cv::Rect>& others) {
  std::int64_t area = 0;
  for (const cv::Rect& other : others) {
    const cv::Rect both = ground & other;
    area += std::int64_t{both.width} * both.height;
  }
  return area;
}

double linear(double channel) {
  const double share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

}  // namespace

LabelFont label_font(const cv::Size& picture) {
  const double side = std::sqrt(static_cast<double>(picture.width) * picture.height);
  return label_font(std::clamp(side / 1300, 0.4, 4.0));
}

LabelFont label_font(double scale) {
  return {scale, std::max(1, static_cast<int>(std::lround(scale * 1.8))), std::max(2, static_cast<int>(std::lround(scale * 5)))};
}

cv::Size label_size(const std::string& text, const LabelFont& font) {
  int below = 0;
  const cv::Size size = cv::getTextSize(text, hershey, font.scale, font.stroke_px, &below);
  return {size.width + 2 * font.padding_px, size.height + below / 2 + 2 * font.padding_px};
}

std::vector<cv::Rect> place_labels(const cv::Size& picture, std::span<const cv::Rect> boxes, std::span<const cv::Size> sizes) {
  std::vector<cv::Rect> placed;
  const cv::Rect all({0, 0}, picture);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const cv::Rect visible = boxes[i] & all;
    const cv::Rect box = visible.empty() ? boxes[i] : visible;
    cv::Rect best;
    std::int64_t least = -1;
    for (const cv::Point& corner : corners_for(box, sizes[i])) {
      const cv::Rect ground = moved_into(picture, {corner, sizes[i]});
      const bool stays = ground.tl() == corner;
      // A place that had to be moved may lie on what the box shows: it counts as covering a little.
      const std::int64_t covered = 2 * area_covered(ground, placed) + (stays ? 0 : 1);
      if (least >= 0 && covered >= least) continue;
      best = ground;
      least = covered;
    }
    placed.push_back(best);
  }
  return placed;
}

cv::Scalar text_color(const cv::Scalar& ground) {
  const double luminance = 0.0722 * linear(ground[0]) + 0.7152 * linear(ground[1]) + 0.2126 * linear(ground[2]);
  const double contrast_of_white = 1.05 / (luminance + 0.05), contrast_of_black = (luminance + 0.05) / 0.05;
  return contrast_of_white > contrast_of_black ? cv::Scalar::all(255) : cv::Scalar::all(0);
}

void draw_label(cv::Mat& picture, const std::string& text, const cv::Rect& ground, const cv::Scalar& color, const LabelFont& font) {
  const cv::Rect visible = ground & cv::Rect({0, 0}, picture.size());
  if (visible.empty()) return;
  // Drawn in the visible part alone, so that no stroke leaves the ground.
  cv::Mat region = picture(visible);
  region.setTo(color);
  int below = 0;
  const cv::Size size = cv::getTextSize(text, hershey, font.scale, font.stroke_px, &below);
  const cv::Point origin(ground.x - visible.x + font.padding_px, ground.y - visible.y + font.padding_px + size.height);
  cv::putText(region, text, origin, hershey, font.scale, text_color(color), font.stroke_px, cv::LINE_AA);
}

}  // namespace detforge
