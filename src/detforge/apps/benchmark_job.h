#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detforge/apps/inference.h"

namespace detforge {

struct BenchmarkOptions {
  ImageSize shape = {};    ///< px of the noise that the model gets
  std::string image = {};  ///< a file that the pipeline prepares; empty: noise of `shape`
  bool is_dense = false;   ///< backbone, neck and head alone
  int repeat = 5;          ///< runs that count, after one that does not
  std::uint64_t seed = 0;  ///< of the noise
  torch::Device device = torch::kCPU;
};

struct BenchmarkReport {
  ImageSize shape = {};        ///< of the picture
  std::size_t detections = 0;  ///< in it
  std::vector<double> runs_ms;
  std::vector<std::pair<std::string, std::vector<double>>> stages_ms;  ///< in their order, a value a run
};

/// Times a model stage by stage. The model's own time is the run's; preprocessing, where there is a pipeline, is told beside it. `model`
/// has its weights. Throws `Error`.
BenchmarkReport benchmark_job(const std::shared_ptr<Detector>& model, const std::optional<Pipeline>& pipeline,
                              const BenchmarkOptions& options);

/// 0 where there are no values.
double median(std::vector<double> values);

}  // namespace detforge
