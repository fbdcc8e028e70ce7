#include "detforge/apps/inference.h"

#include <algorithm>
#include <numeric>

#include "detforge/nn/fuse_conv_bn.h"

namespace detforge {

Pipeline inference_pipeline(const Config& config, Reference reference) {
  const Value* value = &config.root();
  std::string path;
  for (const char* key : {"data", "test", "pipeline"}) {
    const Value* inner = value->find(key);
    path += (path.empty() ? "" : ".") + std::string(key);
    if (inner == nullptr || inner->is_none()) {
      Error error("the config has no '" + path + "', which says how images are prepared for the model");
      if (value->location()) {
        error.at(value->location());
      } else {
        error.at(config.filename());
      }
      throw std::move(error).help("add data=dict(test=dict(pipeline=[dict(type='LoadImageFromFile'), …])) at the top level of the config");
    }
    value = inner;
  }
  return Pipeline::from_config(*value, {reference, path});
}

Inference::Inference(std::shared_ptr<Detector> model, Pipeline pipeline, const Options& options)
    : model_(std::move(model)), pipeline_(std::move(pipeline)), options_(options) {
  options_.batch = std::max<std::size_t>(options_.batch, 1);
  prepare_for_inference(*model_, options_.device);
  if (options_.is_fused) nn::fuse_conv_bn(*model_);
}

Views Inference::prepare(const std::filesystem::path& file, KeepDecoded keep) const {
  NumpyRandom random(0);
  return pipeline_.run(file, random, keep);
}

Views Inference::prepare(const cv::Mat& frame) const {
  NumpyRandom random(0);
  return pipeline_.run(frame, random);
}

std::vector<Detections> Inference::detect(std::span<const Views> images) {
  const std::lock_guard turn(in_model_);
  return detect_images(*model_, images, options_.device, options_.batch);
}

std::vector<Detections> Inference::detect(std::span<const cv::Mat> images) {
  std::vector<Views> views;
  for (const cv::Mat& image : images) views.push_back(prepare(image));
  return detect(views);
}

void Inference::detect_files(std::span<const std::filesystem::path> files, KeepDecoded keep,
                             const std::function<bool(ImageOutcome)>& take) {
  std::vector<std::size_t> indices(files.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  Loader loader([&](std::size_t index, Random& random) { return pipeline_.run(files[index], random, keep); }, std::move(indices),
                {.workers = options_.workers, .ahead = 2 * std::max(options_.batch, options_.workers)});
  detect_samples(
      loader, options_.batch, [&](std::span<const Views> views) { return detect(views); }, take);
}

}  // namespace detforge
