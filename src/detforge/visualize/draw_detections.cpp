#include "detforge/visualize/draw_detections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

#include "detforge/base/error.h"
#include "detforge/data/detections_json.h"
#include "detforge/visualize/labels.h"
#include "detforge/visualize/palette.h"

namespace detforge {
namespace {

cv::Mat canvas_of(const cv::Mat& image) {
  if (image.empty() || image.depth() != CV_8U) throw Error("can only draw on 8-bit images");
  cv::Mat canvas;
  switch (image.channels()) {
    case 1: cv::cvtColor(image, canvas, cv::COLOR_GRAY2BGR); break;
    case 3: canvas = image.clone(); break;
    case 4: cv::cvtColor(image, canvas, cv::COLOR_BGRA2BGR); break;
    default: throw Error("can not draw on an image of " + std::to_string(image.channels()) + " channels");
  }
  return canvas;
}

/// The box in whole pixels, near enough to the image that OpenCV's arithmetic holds.
cv::Rect rectangle_of(const std::array<float, 4>& box_xyxy, const cv::Size& image) {
  const auto near = [](float value, int side) {
    const double margin = side + 16.0;
    return static_cast<int>(std::lround(std::clamp(static_cast<double>(value), -margin, side + margin)));
  };
  const cv::Point corner(near(box_xyxy[0], image.width), near(box_xyxy[1], image.height));
  const cv::Point opposite(near(box_xyxy[2], image.width), near(box_xyxy[3], image.height));
  return {corner, opposite + cv::Point(1, 1)};
}

/// A detection's box; around its mask where it has none of its own, as what SOLO finds.
BoxXyxy box_to_draw(const Detections& detections, std::size_t index) {
  const BoxXyxy& box = detections.boxes_xyxy[index];
  if (detections.masks.empty() || box != BoxXyxy{}) return box;
  const BoxXywh around = box_of(detections.masks[index]);
  return {static_cast<float>(around[0]), static_cast<float>(around[1]), static_cast<float>(around[0] + around[2]),
          static_cast<float>(around[1] + around[3])};
}

/// Mixes the colour half and half with what the mask covers.
void draw_mask(cv::Mat& canvas, const Rle& mask, const cv::Scalar& color) {
  if (std::cmp_not_equal(mask.height, canvas.rows) || std::cmp_not_equal(mask.width, canvas.cols)) {
    throw Error("a mask does not have the image's size");
  }
  std::vector<std::uint8_t> inside = bitmap_of(mask);
  const cv::Mat where(canvas.rows, canvas.cols, CV_8UC1, inside.data());
  cv::Mat mixed;
  cv::addWeighted(canvas, 0.5, cv::Mat(canvas.size(), canvas.type(), color), 0.5, 0, mixed);
  mixed.copyTo(canvas, where);
}

/// All labels after all boxes, so that no line crosses a text; the best detection chooses its place first and lies on top.
void draw_labels(cv::Mat& canvas, const Detections& detections, std::span<const std::size_t> worst_first,
                 std::span<const std::string> classes, const DrawOptions& options) {
  LabelFont font = options.font_scale > 0 ? label_font(options.font_scale) : label_font(canvas.size());
  std::vector<std::string> texts;
  std::vector<cv::Rect> boxes;
  int widest = 0;
  for (auto i = worst_first.rbegin(); i != worst_first.rend(); ++i) {
    const std::string score = options.show_scores ? fmt::format("|{:.2f}", detections.scores[*i]) : "";
    texts.push_back(class_name(classes, detections.labels[*i]) + score);
    boxes.push_back(rectangle_of(box_to_draw(detections, *i), canvas.size()));
    widest = std::max(widest, label_size(texts.back(), font).width);
  }
  constexpr double smallest_scale = 0.3;  // below it nobody can read
  if (widest > canvas.cols && options.font_scale <= 0) font = label_font(std::max(smallest_scale, font.scale * canvas.cols / widest));
  std::vector<cv::Size> sizes;
  for (const std::string& text : texts) sizes.push_back(label_size(text, font));
  const std::vector<cv::Rect> grounds = place_labels(canvas.size(), boxes, sizes);
  for (std::size_t k = texts.size(); k-- > 0;) {
    const std::int64_t label = detections.labels[worst_first[worst_first.size() - 1 - k]];
    draw_label(canvas, texts[k], grounds[k], class_color(label), font);
  }
}

}  // namespace

cv::Mat draw_detections(const cv::Mat& image, const Detections& detections, std::span<const std::string> classes,
                        const DrawOptions& options) {
  cv::Mat canvas = canvas_of(image);
  const double side = std::sqrt(static_cast<double>(canvas.rows) * canvas.cols);
  const int line_width = options.line_width_px > 0 ? options.line_width_px : std::max(1, static_cast<int>(std::lround(side / 300)));

  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const bool is_finite = std::ranges::all_of(detections.boxes_xyxy[i], [](float value) { return std::isfinite(value); });
    if (is_finite && static_cast<double>(detections.scores[i]) >= options.score_threshold) order.push_back(i);
  }
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return detections.scores[a] < detections.scores[b]; });

  for (const std::size_t i : order) {
    if (!detections.masks.empty()) draw_mask(canvas, detections.masks[i], class_color(detections.labels[i]));
  }
  for (const std::size_t i : order) {
    cv::rectangle(canvas, rectangle_of(box_to_draw(detections, i), canvas.size()), class_color(detections.labels[i]), line_width);
  }
  if (options.show_labels) draw_labels(canvas, detections, order, classes, options);
  return canvas;
}

}  // namespace detforge
