#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "detforge/apps/benchmark_job.h"
#include "detforge/base/files.h"
#include "detforge/base/version.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/terminal_observer.h"

namespace detforge::cli {
namespace {

bool has_test_pipeline(const Config& config) {
  const Value* value = &config.root();
  for (const char* key : {"data", "test", "pipeline"}) {
    value = value->find(key);
    if (value == nullptr || !(value->is_dict() || value->is_sequence())) return false;
  }
  return true;
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

nlohmann::ordered_json document_of(const BenchmarkRequest& request, const BenchmarkReport& report) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::object();
  for (const auto& [name, values] : report.stages_ms) stages[name] = median(values);
  return {{"config", request.config.filename()},
          {"version", version()},
          {"engine", "eager"},
          {"precision", "f32"},
          {"part", request.dense ? "dense" : "all"},
          {"device", request.device},
          {"threads", torch::get_num_threads()},
          {"shape", {report.shape.height, report.shape.width}},
          {"detections", report.detections},
          {"runs_ms", report.runs_ms},
          {"median_ms", median(report.runs_ms)},
          {"stages_ms", stages},
          {"peak_memory_bytes", peak_memory_bytes()}};
}

void write_table(const BenchmarkRequest& request, const BenchmarkReport& report, std::ostream& out) {
  const auto [least, most] = std::minmax_element(report.runs_ms.begin(), report.runs_ms.end());
  out << fmt::format("{} × {} px, {} threads, {} runs", report.shape.height, report.shape.width, torch::get_num_threads(), request.repeat);
  out << (request.dense ? "\n" : fmt::format(", {} detections\n", report.detections));
  for (const auto& [name, values] : report.stages_ms) out << fmt::format("  {:<14} {:>9.1f} ms\n", name, median(values));
  out << fmt::format("  {:<14} {:>9.1f} ms (median; {:.1f} to {:.1f}), without preprocessing\n", "model", median(report.runs_ms), *least,
                     *most);
  out << fmt::format("  {:<14} {:>9.0f} MB\n", "peak memory", static_cast<double>(peak_memory_bytes()) / 1e6);
}

}  // namespace

int benchmark_action(const BenchmarkRequest& request, std::ostream& out, std::ostream& log) {
  const torch::Device device = device_of(request.device);
  const auto model = build_model(request.config, request.reference);
  tell(load_weights(*model, {request.checkpoint, /*strict=*/false, request.seed, /*partial=*/true}), request.quiet, log);
  std::optional<Pipeline> pipeline;
  if (has_test_pipeline(request.config) || !request.image.empty()) pipeline = inference_pipeline(request.config, request.reference);
  const BenchmarkReport report = benchmark_job(model, pipeline,
                                               {.shape = {request.height, request.width},
                                                .image = request.image,
                                                .is_dense = request.dense,
                                                .repeat = request.repeat,
                                                .seed = request.seed,
                                                .device = device});
  if (request.json.empty()) {
    write_table(request, report, out);
  } else if (const std::string text = document_of(request, report).dump(1) + "\n"; request.json == "-") {
    out << text;
  } else {
    atomic_write(request.json, text);
  }
  return 0;
}

}  // namespace detforge::cli
