#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "detforge/models/detectors/detector.h"

/// What every command does that runs a model.
namespace detforge::cli {

/// Throws `Error` for a device that there is none of.
torch::Device device_of(const std::string& name);

struct WeightsRequest {
  std::string checkpoint;  ///< a file, or `random`
  bool strict = false;
  std::uint64_t seed = 0;  ///< of random weights
  bool quiet = false;
};

/// Fills the model; what does not fit is told in `log`. The class names that the checkpoint brings. Throws `Error`.
std::vector<std::string> load_weights(Detector& model, const WeightsRequest& request, std::ostream& log);

}  // namespace detforge::cli
