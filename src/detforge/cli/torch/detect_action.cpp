#include <fmt/core.h>

#include <ostream>

#include "detforge/apps/detect_job.h"
#include "detforge/apps/run_identity.h"
#include "detforge/base/files.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/output_guard.h"
#include "detforge/cli/torch/terminal_observer.h"
#include "detforge/data/datasets/config_classes.h"
#include "detforge/data/detections_json.h"

namespace detforge::cli {
namespace {

/// A single picture leaves nothing to go on from, and of standard output nobody could.
bool keeps_partial_results(const DetectRequest& request, const std::vector<ImageSource>& sources) {
  const bool is_file = !request.json.empty() && request.json != "-";
  return is_file && (request.resume || sources.size() > 1 || sources.front().kind == ImageSource::Kind::Video);
}

DetectOptions options_of(const DetectRequest& request, const std::vector<ImageSource>& sources, std::vector<std::string> classes) {
  DetectOptions options{.out = request.out,
                        .score_threshold = request.score_thr,
                        .classes = std::move(classes),
                        .tile = {request.tile_height, request.tile_width},
                        .overlap = request.overlap,
                        .resume = request.resume};
  if (!keeps_partial_results(request, sources)) return options;
  options.partial = request.json + ".partial";
  // The pictures too must be those of one run.
  std::string more = fmt::format("{}|{}|{}x{}|{}|{}|{}", request.device, request.seed, request.tile_width, request.tile_height,
                                 request.overlap, request.out, request.score_thr);
  for (const ImageSource& source : sources) more += "|" + (source.path.empty() ? std::to_string(source.camera) : source.path.string());
  options.identity = run_identity(request.config, request.reference, request.checkpoint, more);
  return options;
}

void print(const std::string& name, const Detections& found, const DetectRequest& request, std::span<const std::string> classes,
           std::ostream& out) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (static_cast<double>(found.scores[i]) < request.score_thr) continue;
    const auto& box = found.boxes_xyxy[i];
    out << fmt::format("{}\t{}\t{:.3f}\t{:.1f} {:.1f} {:.1f} {:.1f}\n", name, class_name(classes, found.labels[i]), found.scores[i], box[0],
                       box[1], box[2], box[3]);
  }
}

/// Names for weights that bring none, which is told.
std::vector<std::string> assumed_class_names(const DetectRequest& request, std::ostream& log) {
  const Value* model = request.config.root().find("model");
  AssumedClasses assumed = assumed_classes(request.config.root().find("data"), model == nullptr ? 0 : config_num_classes(*model));
  if (!assumed.names.empty() && !request.quiet) {
    log << fmt::format("note: the weights bring no class names: {} {} are used\n", assumed.origin, assumed.names.size());
  }
  return std::move(assumed.names);
}

}  // namespace

int detect_action(const DetectRequest& request, std::ostream& out, std::ostream& log) {
  std::vector<ImageSource> sources = expand_sources(request.sources);
  const torch::Device device = device_of(request.device);
  const auto model = build_model(request.config, request.reference);
  // The config is checked before a large checkpoint is read.
  Pipeline pipeline = inference_pipeline(request.config, request.reference);
  refuse_written_sources(request, sources);
  LoadedWeights weights = load_weights(*model, {request.checkpoint, request.strict, request.seed, request.partial});
  tell(weights, request.quiet, log);
  if (weights.classes.empty()) weights.classes = assumed_class_names(request, log);
  Inference inference(model, std::move(pipeline), {.device = device, .batch = static_cast<std::size_t>(request.batch)});

  const DetectOptions options = options_of(request, sources, weights.classes);
  InterruptibleObserver observer(log, request.quiet);
  DetectJob job(inference, std::move(sources), options, observer);
  DetectionsJson json(weights.classes, request.score_thr);
  job.run([&](const std::string& name, const Detections& found) {
    json.add(name, found);
    if (request.json.empty() && request.out.empty()) print(name, found, request, weights.classes, out);
  });
  if (request.json == "-") {
    out << json.text();
  } else if (!request.json.empty()) {
    atomic_write(request.json, json.text());
  }
  job.finish();
  if (!job.is_stopped()) return job.is_complete() ? 0 : 1;
  log << "note: stopped before the end; what was detected until then is there\n";
  return observer.exit_status();
}

}  // namespace detforge::cli
