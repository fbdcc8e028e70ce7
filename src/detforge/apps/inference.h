#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "detforge/apps/detect_samples.h"
#include "detforge/config/config.h"
#include "detforge/data/pipeline.h"

namespace detforge {

/// How a config prepares images for its model: its test pipeline. Throws `Error` naming the key that it lacks.
Pipeline inference_pipeline(const Config& config, Reference reference);

/// A model with the pipeline before it: images to detections. Several threads may use one: they prepare images side by side, and take turns
/// in the model, which has all of the machine's cores for itself.
class Inference {
 public:
  struct Options {
    torch::Device device = torch::kCPU;
    bool is_fused = false;    ///< batch norms taken into the convolutions before them: faster, the last digits differ
    std::size_t batch = 1;    ///< images of one shape in one forward pass
    std::size_t workers = 2;  ///< threads that prepare files ahead of the model
  };

  /// `model` has its weights; it is put into evaluation on the device.
  Inference(std::shared_ptr<Detector> model, Pipeline pipeline, const Options& options);

  /// What the model is to see of an image file, or of a picture that is there (8-bit BGR). Throws `Error`.
  Views prepare(const std::filesystem::path& file, KeepDecoded keep = KeepDecoded::No) const;
  Views prepare(const cv::Mat& frame) const;

  /// The detections of each image, in the images' order. Throws `Error`, or libtorch's own errors where the model can not run on an image.
  std::vector<Detections> detect(std::span<const Views> images);
  /// Of pictures, 8-bit BGR.
  std::vector<Detections> detect(std::span<const cv::Mat> images);
  /// Of files, decoded ahead of the model; `take` gets what comes of each, with its position in `files`, and answers whether to go on. With
  /// `keep` the decoded photo comes too, where the pipeline decodes it as a picture to look at.
  void detect_files(std::span<const std::filesystem::path> files, KeepDecoded keep, const std::function<bool(ImageOutcome)>& take);

  const Options& options() const { return options_; }

 private:
  std::shared_ptr<Detector> model_;
  Pipeline pipeline_;
  Options options_;
  std::mutex in_model_;
};

}  // namespace detforge
