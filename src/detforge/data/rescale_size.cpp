#include "detforge/data/rescale_size.h"

#include <algorithm>

namespace detforge {

ImageSize rescale_size(ImageSize size, const std::array<double, 2>& scale) {
  const auto height = static_cast<double>(size.height), width = static_cast<double>(size.width);
  const double factor =
      std::min(std::max(scale[0], scale[1]) / std::max(height, width), std::min(scale[0], scale[1]) / std::min(height, width));
  return {static_cast<std::int64_t>(height * factor + 0.5), static_cast<std::int64_t>(width * factor + 0.5)};
}

}  // namespace detforge
