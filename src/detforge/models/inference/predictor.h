#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "detforge/config/config.h"
#include "detforge/data/pipeline.h"
#include "detforge/models/detectors/detector.h"

namespace detforge {

/// What a test pipeline makes of one image: one view, or several for test-time augmentation.
using Views = std::vector<Sample>;

/// The detections of each image, in the images' order. Images of one view and one size go through the model together; sizes are never
/// padded to each other's, so a detection does not depend on what else is in the batch. Several views of an image are merged as
/// MMDetection's `aug_test` does; where the pipeline loaded proposals, they are what is classified. The model is in evaluation. Throws
/// `Error` for a model that can not do that.
std::vector<Detections> detect_images(Detector& model, std::span<const Views> images, torch::Device device = torch::kCPU);

/// A detector together with its config's test pipeline: images to detections. For one thread at a time.
class Predictor {
 public:
  /// Puts the model into evaluation. The pipeline is the config's `data.test.pipeline`.
  /// Throws `Error` naming the key that the config lacks.
  Predictor(std::shared_ptr<Detector> model, const Config& config, Reference reference, torch::Device device = torch::kCPU);

  /// What the model is to see of an image file, or of a picture that is there (8-bit BGR). Throws `Error`.
  Views prepare(const std::filesystem::path& file);
  Views prepare(const cv::Mat& frame);

  /// The detections of each image, in the images' order.
  std::vector<Detections> detect(const std::vector<Views>& images) { return detect_images(*model_, images, device_); }

 private:
  std::shared_ptr<Detector> model_;
  Pipeline pipeline_;
  NumpyRandom random_{0};
  torch::Device device_;
};

/// Evaluation on `device`, with the weights in the layout in which a CPU convolves fastest.
void prepare_for_inference(Detector& model, torch::Device device);

/// MMDetection's initialisation from `seed`, without pretrained weights.
void init_random_weights(nn::Module& model, std::uint64_t seed);

}  // namespace detforge
