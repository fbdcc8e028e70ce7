#pragma once

#include <cmath>

namespace detforge::kernels {

inline float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

}  // namespace detforge::kernels
