#pragma once

#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

/// Labels of boxes in a picture: short texts, each on a ground of its own.
namespace detforge {

/// How large a text is written, in OpenCV's Hershey font.
struct LabelFont {
  double scale = 1;    ///< 1: capitals about 22 px high
  int stroke_px = 1;   ///< width of the strokes
  int padding_px = 2;  ///< of the ground around the text
};

/// The font that suits a picture of that size.
LabelFont label_font(const cv::Size& picture);
LabelFont label_font(double scale);

/// Of the ground.
cv::Size label_size(const std::string& text, const LabelFont& font);

/// Where the grounds go: within the picture where they fit, each at a corner of its box, and off the others where there is room; else where
/// least of others is covered. The first ones choose first. `boxes` and `sizes` are as many; so are the results. Boxes may reach out of the
/// picture.
std::vector<cv::Rect> place_labels(const cv::Size& picture, std::span<const cv::Rect> boxes, std::span<const cv::Size> sizes);

/// Black or white, whichever stands out more from the 8-bit BGR colour (contrast of the WCAG).
cv::Scalar text_color(const cv::Scalar& ground);

/// Draws the text on its opaque ground; what lies out of the picture is cut off.
void draw_label(cv::Mat& picture, const std::string& text, const cv::Rect& ground, const cv::Scalar& color, const LabelFont& font);

}  // namespace detforge
