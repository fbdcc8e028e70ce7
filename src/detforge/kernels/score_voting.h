#pragma once

#include "detforge/kernels/candidates.h"

namespace detforge::kernels {

/// Moves each detection to the mean of the candidates of its class that overlap it, weighted by their scores and
/// exp(-(1 - IoU)² / 0.025) (PAA, arXiv 2007.08103). Candidates are those that NMS saw.
void score_voting(Detections& detections, const Candidates& candidates);

}  // namespace detforge::kernels
