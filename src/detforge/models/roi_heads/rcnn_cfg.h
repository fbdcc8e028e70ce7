#pragma once

#include <optional>
#include <string>

#include "detforge/kernels/nms.h"
#include "detforge/nn/pair.h"
#include "detforge/registry/arguments.h"

namespace detforge {

/// What one stage's `train_cfg` (the detector's `rcnn`) says of learning; a head reads the part that MMDetection's does.
struct RcnnTrainCfg {
  ConfigDict assigner;
  ConfigDict sampler;
  double pos_weight = -1;                 ///< of positive labels; 1 where it is not above 0
  std::optional<nn::Pair> mask_size;      ///< of mask targets
  bool soft_mask_target = false;          ///< mask targets between 0 and 1
  std::optional<double> mask_thr_binary;  ///< Mask Scoring R-CNN: probability from which on a pixel is inside
  std::int64_t pos_radius = 1;            ///< Grid R-CNN: of the circle around a grid point
  std::int64_t max_num_grid = 192;        ///< Grid R-CNN: at most so many regions for the grid head
  std::int64_t num_points = 0;            ///< PointRend: points of a mask
  double oversample_ratio = 3;            ///< PointRend: candidates for them, as a multiple
  double importance_sample_ratio = 0.75;  ///< PointRend: the part of them that is chosen for uncertainty
  std::optional<ConfigDict> dynamic_rcnn;
  std::optional<ConfigDict> isr;   ///< PISA: importance of positive samples
  std::optional<ConfigDict> carl;  ///< PISA: classification-aware regression loss
};

/// What the `test_cfg` (the detector's `rcnn`) says of which detections are kept.
struct RcnnTestCfg {
  double score_thr = 0;
  kernels::NmsOptions nms;
  std::int64_t max_per_img = -1;            ///< at most so many detections, where this is above 0
  std::optional<double> mask_thr_binary;    ///< probability from which on a pixel is inside
  std::int64_t subdivision_steps = 0;       ///< PointRend: times that a mask is enlarged
  std::int64_t subdivision_num_points = 0;  ///< PointRend: points that are decided anew each time
  double scale_factor = 2;                  ///< PointRend: of each enlargement
};

/// Read `config`, which `head` was given. Throw `Error` at the place in the config for unknown, missing and ill-typed keys.
RcnnTrainCfg rcnn_train_cfg_from(const Value& config, const std::string& head, const BuildContext& context);
RcnnTestCfg rcnn_test_cfg_from(const Value& config, const std::string& head, const BuildContext& context);

/// The complaints of a head that should learn or predict without one.
Error missing_rcnn_train_cfg(const std::string& head);
Error missing_rcnn_test_cfg(const std::string& head);
/// `mask_thr_binary`; throws `Error` where the config has none.
double mask_threshold(const RcnnTestCfg& config, const std::string& head);

}  // namespace detforge
