#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detforge/config/config.h"
#include "detforge/models/detectors/detector.h"
#include "detforge/nn/load_state_dict.h"

/// A model as a config asks for it, filled, on a device: what everything begins with that runs one.
namespace detforge {

/// Throws `Error` for a device that there is none of.
torch::Device device_of(const std::string& name);

/// The config's model, with its train_cfg and test_cfg where they stand beside it.
std::shared_ptr<Detector> build_model(const Config& config, Reference reference);

struct WeightsSource {
  std::string checkpoint;  ///< a file, or `random`
  bool strict = false;     ///< refuse a checkpoint that does not fit the model in every tensor
  std::uint64_t seed = 0;  ///< of random weights
  bool partial = false;    ///< also where less than half of the model's tensors fit
};

struct LoadedWeights {
  std::vector<std::string> classes;  ///< the names that the checkpoint brings
  nn::LoadReport report;             ///< what of it does not fit the model
};

/// Fills the model. Throws `Error` where nothing fits.
LoadedWeights load_weights(Detector& model, const WeightsSource& source);

}  // namespace detforge
