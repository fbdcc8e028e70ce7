#pragma once

#include <array>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detforge/data/ann_info.h"
#include "detforge/data/image_meta.h"
#include "detforge/data/masks/instance_masks.h"

namespace detforge {

/// What a pipeline hands from transform to transform: MMDetection's `results` dict. A value; copies share the pixels,
/// so a transform puts a new image in place of the old one and never writes into it.
struct Sample {
  cv::Mat image;                           ///< [H, W], BGR unless a transform changed it; 8-bit, or float after `Normalize` or `to_float32`
  ImageMeta meta;                          ///< `meta.filename` is what `LoadImageFromFile` reads
  std::vector<std::string> channel_files;  ///< what `LoadMultiChannelImageFromFiles` reads, a channel each

  /// What the dataset says of the image, for the transforms that load it.
  std::shared_ptr<const AnnInfo> ann_info;
  ImageSize img_info;      ///< the size that the annotations give the image
  std::string img_prefix;  ///< folder of the images
  std::string seg_prefix;  ///< folder of the segmentation maps

  /// Loaded annotations, in the image's pixels; nothing where no transform loaded them.
  std::optional<std::vector<BoxXyxy>> gt_bboxes;             ///< [N, 4]
  std::optional<std::vector<BoxXyxy>> gt_bboxes_ignore;      ///< [M, 4]
  std::optional<std::vector<std::int64_t>> gt_labels;        ///< [N]
  std::optional<std::vector<std::uint8_t>> gt_is_group_ofs;  ///< [N]
  std::optional<InstanceMasks> gt_masks;                     ///< N masks
  cv::Mat gt_semantic_seg;                                   ///< [H, W] 8-bit class indices, 255: to be ignored; may be empty
  std::optional<std::vector<BoxXyxy>> proposals;             ///< [P, 4]
  std::vector<float> proposal_scores;                        ///< [P] or empty

  std::vector<Sample> mix_results;  ///< other samples of the dataset that the next transform mixes in
  bool is_dropped = false;          ///< a transform left nothing to learn from: take another sample

  /// What one transform tells a later one; empty where nobody did. Sizes are (width, height) as configs have them.
  std::optional<std::array<double, 2>> scale;  ///< the size that `Resize` aims at
  std::optional<double> wanted_scale_factor;   ///< or the factor
  bool is_resized = false;                     ///< `meta.scale_factor` holds
  std::optional<bool> flip;                    ///< whether `RandomFlip` flips

  bool is_formatted = false;           ///< the image is ready for `to_chw`
  std::vector<std::string> collected;  ///< the keys that `Collect` kept, with its own names

  cv::Mat decoded;  ///< the photo as it was decoded, 8-bit BGR, where `Pipeline::run` was asked to keep it

  /// The views that `MultiScaleFlipAug` made, in its order; the sample's own image is then the original one.
  std::vector<Sample> views;
};

/// Whether a transform put this there, by the key's name in MMDetection's `results`: `img`, `gt_bboxes`, …
bool has_key(const Sample& sample, std::string_view key);

/// Calls `change(boxes)` with each kind of boxes that was loaded: MMDetection's `bbox_fields`.
template <class Change>
void for_each_bbox_field(Sample& sample, Change change) {
  for (auto* boxes : {&sample.gt_bboxes_ignore, &sample.gt_bboxes, &sample.proposals}) {
    if (*boxes) change(**boxes);
  }
}

/// The image as floats [C, H, W], contiguous, for a model; `chw` has C·H·W elements. Any depth; channels keep their
/// order. Throws `Error` when the sizes differ.
void to_chw(const cv::Mat& image, std::span<float> chw);
std::vector<float> to_chw(const cv::Mat& image);

}  // namespace detforge
