#pragma once

#include "tests/golden/torch/numerics_case.h"

namespace detforge::golden {

/// One image's detections against `record` (`dets`, and `mask_area`, `mask_rle_top` where there are masks), compared as sets: a row
/// whose score is that of the cut may be missing or extra.
void expect_detections(const Detections& ours, const Json& record, const Tolerances& tolerances);

}  // namespace detforge::golden
