#pragma once

#include <exception>
#include <functional>
#include <opencv2/core/mat.hpp>

#include "detforge/base/error.h"
#include "detforge/data/loader.h"
#include "detforge/models/inference/detect_images.h"

namespace detforge {

/// What comes of one image.
struct ImageOutcome {
  std::size_t index = 0;       ///< the loader's
  Detections found = {};       ///< nothing where `error` is set
  cv::Mat photo = {};          ///< as decoded, where the loader kept it
  std::exception_ptr error{};  ///< why there is nothing
};

/// Runs a model over the samples that a loader makes ahead of it, in batches of one shape, and hands on what comes of each image, as it
/// comes; `take` answers whether to go on. An image that can not be prepared, or that fails in the model, is an outcome with an error, and
/// the others of its batch are detected without it. `detect` gives the detections of each of the views that it gets. Before any image went
/// through the model its `Error` is thrown on: such a one is about the model, not about the image.
void detect_samples(Loader& loader, std::size_t batch, const std::function<std::vector<Detections>(std::span<const Views>)>& detect,
                    const std::function<bool(ImageOutcome)>& take);

/// What to tell of an image whose `error` is one of ours, libtorch's, OpenCV's or a lack of memory, with `place` where it has none; any
/// other is thrown on.
Error image_error(const std::exception_ptr& error, const std::string& place);

}  // namespace detforge
