#include "detforge/data/pipeline.h"

#include <opencv2/core.hpp>

namespace detforge {
namespace {

std::vector<Sample> views_of(Sample sample) {
  if (sample.is_dropped) return {};
  if (!sample.views.empty()) return std::move(sample.views);
  std::vector<Sample> views;
  views.push_back(std::move(sample));
  return views;
}

}  // namespace

Pipeline Pipeline::from_config(const Value& list, const BuildContext& context) {
  Pipeline pipeline;
  pipeline.transforms_ = build_transforms(list, context);
  if (pipeline.transforms_.empty()) throw Error("a pipeline needs at least one transform").at(list.location()).note(context.path);
  if (list[0]["type"] == Value("LoadImageFromFile") || list[0]["type"] == Value("LoadImageFromWebcam")) {
    Value loader = list[0];
    loader["type"] = "LoadImageFromWebcam";
    pipeline.frame_loader_ = transforms().build(loader, context);
  }
  const auto is_absent_or = [&](const char* key, const char* value) {
    const Value* given = list[0].find(key);
    return given == nullptr || *given == Value(value);
  };
  pipeline.decodes_pictures_ =
      list[0]["type"] == Value("LoadImageFromFile") && is_absent_or("color_type", "color") && is_absent_or("channel_order", "bgr");
  return pipeline;
}

std::vector<Sample> Pipeline::run(const std::filesystem::path& file, Random& random, KeepDecoded keep) const {
  Sample sample;
  sample.meta.filename = sample.meta.ori_filename = file.string();
  return run(std::move(sample), transforms_.front().get(), random, keep);
}

std::vector<Sample> Pipeline::run(const cv::Mat& frame, Random& random) const {
  if (frame_loader_ == nullptr) throw Error("a pipeline that takes frames begins with LoadImageFromFile");
  Sample sample;
  sample.image = frame;
  return run(std::move(sample), frame_loader_.get(), random);
}

std::vector<Sample> Pipeline::run(Sample sample, Random& random) const { return run(std::move(sample), transforms_.front().get(), random); }

std::vector<Sample> Pipeline::run(Sample sample, const Transform* first, Random& random, KeepDecoded keep) const {
  const std::string file = sample.meta.filename;
  cv::Mat decoded;
  try {
    first->apply(sample, random);
    // Transforms never write into the pixels that they get. `to_float32` made floats of whole numbers.
    if (keep == KeepDecoded::Yes && decodes_pictures_) decoded = sample.image;
    if (decoded.depth() != CV_8U) decoded.convertTo(decoded, CV_8U);
    for (std::size_t i = 1; i < transforms_.size() && !sample.is_dropped; ++i) transforms_[i]->apply(sample, random);
  } catch (Error& error) {
    if (file.empty()) throw;
    throw std::move(error).at(file);
  } catch (const cv::Exception& error) {
    throw Error("OpenCV refuses this image: " + error.err).at(file);
  }
  std::vector<Sample> views = views_of(std::move(sample));
  if (!views.empty()) views.front().decoded = std::move(decoded);
  return views;
}

}  // namespace detforge
