#pragma once

#include "detforge/media/media.h"

/// What the media library's table points to; `media.h` says what each does.
namespace detforge::media {

cv::Mat decode(std::string_view encoded, ColorMode mode, const std::string& name);
std::string encode(const cv::Mat& image, const std::string& extension);

}  // namespace detforge::media
