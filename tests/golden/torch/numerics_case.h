#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detforge/models/detectors/detector.h"
#include "tests/support/golden.h"

/// One detector of the numeric reference data: built from its config, filled and fed by rule.
namespace detforge::golden {

struct NumericsCase {
  std::string name;  ///< as in tests' names: `v2_8_yolov3_d53`
  std::filesystem::path file;
  Reference reference = Reference::V2_27;
};

/// Every detector's file that is there.
std::vector<NumericsCase> numerics_cases();

/// How far a case may be from the record: what the design says, and never less than ten times what rounding alone moved in Python.
struct Tolerances {
  double features = 1e-4;
  std::map<std::string, double> module_outs;
  double roi_outs = 1e-4;
  double losses = 1e-4;
  double grad_norms = 1e-3;
  double box_px = 1e-2;
  double score = 1e-4;

  double of_module(const std::string& name) const {
    const auto found = module_outs.find(name);
    return found == module_outs.end() ? features : found->second;
  }
};

struct LoadedCase {
  Json record;
  std::shared_ptr<Detector> model;
  torch::Tensor images;
  std::vector<ImageMeta> metas;
  Tolerances tolerances;
};

/// The detector of `record`, with its weights by rule.
std::shared_ptr<Detector> build_filled(const Json& record, Reference reference);
LoadedCase load_case(const NumericsCase& which);

/// The ground truth of the record, in the frame of its input.
Targets targets_of(const LoadedCase& loaded);

}  // namespace detforge::golden
