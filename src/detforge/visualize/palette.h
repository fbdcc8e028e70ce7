#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>

namespace detforge {

/// The colour of a class, 8-bit BGR: bright, the same in every run, and far from that of the classes near it. Any
/// number is fine.
cv::Scalar class_color(std::int64_t label);

}  // namespace detforge
