#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "detforge/models/roi_heads/roi_head.h"

/// RoI heads of three classes, small enough to run in milliseconds, on two levels of eight channels.
namespace detforge::small {

struct HeadCase {
  std::string name;    ///< of the test
  std::string config;  ///< a dict, without the cfgs
  bool is_cascade = false;
  bool has_masks = false;
  std::string train_extras = {};  ///< further keys of the train_cfg
};

std::vector<HeadCase> head_cases();
/// How GoogleTest shows it.
inline void PrintTo(const HeadCase& which, std::ostream* out) { *out << which.name; }

/// The head with random weights from a fixed seed and this sampler; without cfgs where `with_cfgs` is false.
std::shared_ptr<RoIHead> build(const HeadCase& which, bool with_cfgs = true);

/// Two levels, strides 4 and 8, of images of 64 × 64 px.
nn::Features features(std::int64_t num_images, double value_or_nan_for_random = 0);
std::vector<ImageMeta> metas(std::size_t num_images);
/// Per image `count` boxes of the network's input.
Proposals proposals(std::size_t num_images, std::int64_t count);
/// Two objects an image with masks and a semantic map; `count` 0: none, with empty masks.
Targets targets(std::size_t num_images, std::int64_t count);

}  // namespace detforge::small
