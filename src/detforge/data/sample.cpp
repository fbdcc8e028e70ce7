#include "detforge/data/sample.h"

#include <opencv2/core.hpp>

#include "detforge/base/error.h"

namespace detforge {

bool has_key(const Sample& sample, std::string_view key) {
  if (key == "img") return !sample.image.empty();
  if (key == "gt_bboxes") return sample.gt_bboxes.has_value();
  if (key == "gt_bboxes_ignore") return sample.gt_bboxes_ignore.has_value();
  if (key == "gt_labels") return sample.gt_labels.has_value();
  if (key == "gt_is_group_ofs") return sample.gt_is_group_ofs.has_value();
  if (key == "gt_masks") return sample.gt_masks.has_value();
  if (key == "gt_semantic_seg") return !sample.gt_semantic_seg.empty();
  return key == "proposals" && sample.proposals.has_value();
}

void to_chw(const cv::Mat& image, std::span<float> chw) {
  const auto plane = static_cast<std::size_t>(image.rows) * static_cast<std::size_t>(image.cols);
  const auto channels = static_cast<std::size_t>(image.channels());
  if (chw.size() != plane * channels) throw Error("the buffer does not have the image's size", ErrorKind::Internal);
  if (chw.empty()) return;
  std::vector<cv::Mat> planes;
  for (std::size_t c = 0; c < channels; ++c) planes.emplace_back(image.rows, image.cols, CV_32FC1, chw.data() + c * plane);
  cv::Mat floats = image;
  if (image.depth() != CV_32F) image.convertTo(floats, CV_32F);
  cv::split(floats, planes);
}

std::vector<float> to_chw(const cv::Mat& image) {
  std::vector<float> chw(image.total() * static_cast<std::size_t>(image.channels()));
  to_chw(image, chw);
  return chw;
}

}  // namespace detforge
