#pragma once

#include <optional>
#include <string>

#include "detforge/kernels/nms.h"
#include "detforge/registry/arguments.h"

namespace detforge {

/// What a region proposal head's `test_cfg`, or a detector's `rpn_proposal`, says of which proposals are kept.
struct RpnTestCfg {
  std::int64_t nms_pre = -1;  ///< at most so many anchors per level, where this is above 0
  double min_bbox_size = 0;   ///< px
  kernels::NmsOptions nms;
  std::int64_t max_per_img = -1;   ///< at most so many proposals of an image, where this is above 0
  std::int64_t max_merged = -1;    ///< at most so many of several views
  std::int64_t nms_post = -1;      ///< guided anchors: at most so many per level
  bool nms_across_levels = false;  ///< guided anchors: one more NMS over all levels
};

/// Reads the keys of v2.8 (`nms_thr`, `nms_post`, `max_num`) and of v2.27 (`nms`, `max_per_img`). None where there is no config.
/// Throws `Error` at the place in the config for unknown, missing and ill-typed keys; `owner` is whose config it is.
std::optional<RpnTestCfg> rpn_test_cfg_from(const std::optional<ConfigDict>& config, const std::string& owner, const BuildContext& context);

}  // namespace detforge
