#pragma once

#include <optional>
#include <string>

#include "detforge/models/nms_cfg.h"

namespace detforge {

/// What a dense head's `test_cfg` says of which detections are kept; a head reads the part that MMDetection's does.
struct TestCfg {
  std::int64_t nms_pre = -1;  ///< at most so many places per level, where this is above 0
  double min_bbox_size = 0;   ///< px
  double score_thr = 0;
  double conf_thr = -1;  ///< smallest objectness, where this is above 0
  kernels::NmsOptions nms;
  std::int64_t max_per_img = -1;  ///< at most so many detections, where this is above 0
};

/// Reads `config`, the test_cfg of the head `head`; None where the model has none.
/// Throws `Error` at the place in the config for unknown, missing and ill-typed keys.
std::optional<TestCfg> test_cfg_from(const std::optional<ConfigDict>& config, const std::string& head, const BuildContext& context);

/// The options of a head that reads its test_cfg itself, because the keys are its own.
template <class Options>
Options without_test_cfg(Options options) {
  options.test_cfg.reset();
  return options;
}

/// The complaint of a head that should predict without a test_cfg.
Error missing_test_cfg(const std::string& head);

}  // namespace detforge
