#pragma once

#include <limits>
#include <span>
#include <vector>

#include "detforge/data/sample.h"
#include "detforge/models/detectors/detector.h"

namespace detforge {

/// What a test pipeline makes of one image: one view, or several for test-time augmentation.
using Views = std::vector<Sample>;

/// The detections of each image, in the images' order. Images of one view and one size go through the model together, at most `batch` at
/// once; sizes are never padded to each other's, so a detection does not depend on what else is in the batch. Several views of an image
/// are merged as MMDetection's `aug_test` does; where the pipeline loaded proposals, they are what is classified. The model is in
/// evaluation. Throws `Error` for a model that can not do that.
std::vector<Detections> detect_images(Detector& model, std::span<const Views> images, torch::Device device = torch::kCPU,
                                      std::size_t batch = std::numeric_limits<std::size_t>::max());

/// Evaluation on `device`, with the weights in the layout in which a CPU convolves fastest.
void prepare_for_inference(Detector& model, torch::Device device);

/// MMDetection's initialisation from `seed`, without pretrained weights.
void init_random_weights(nn::Module& model, std::uint64_t seed);

}  // namespace detforge
