#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "detforge/apps/run_identity.h"
#include "detforge/apps/test_job.h"
#include "detforge/base/files.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/output_guard.h"
#include "detforge/cli/torch/terminal_observer.h"
#include "detforge/config/cfg_options.h"
#include "detforge/data/datasets/dataset_config.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/eval/results/result_files.h"
#include "detforge/nn/fuse_conv_bn.h"

namespace detforge::cli {
namespace {

namespace fs = std::filesystem;

/// The config's value at the path, or null.
const Value* find_path(const Config& config, std::initializer_list<const char*> path) {
  const Value* value = &config.root();
  for (const char* key : path) {
    value = value == nullptr ? nullptr : value->find(key);
  }
  return value == nullptr || value->is_none() ? nullptr : value;
}

/// `data.test` as it is built, in test mode and without the loader's arguments.
std::shared_ptr<Dataset> test_dataset(const Config& config, Reference reference) {
  const Value* value = find_path(config, {"data", "test"});
  if (value == nullptr) {
    throw Error("the config has no 'data.test', which says what is tested")
        .at(config.filename())
        .help("add data=dict(test=dict(type=…, ann_file=…, pipeline=[…]))");
  }
  Value dataset = *value;
  static_cast<void>(take_samples_per_gpu(dataset));
  return build_dataset(dataset, {reference, "data.test"}, Value::dict({{"test_mode", true}}));
}

/// What `data.test_dataloader`, which only 2.27 knows, says of the loader.
std::optional<std::int64_t> loader_setting(const Config& config, const char* key) {
  const Value* value = find_path(config, {"data", "test_dataloader", key});
  return value != nullptr && value->is_int() ? std::optional(value->as_int()) : std::nullopt;
}

/// `data.samples_per_gpu` is training's, as in MMDetection.
std::int64_t samples_per_gpu(const TestRequest& request) {
  if (request.batch > 0) return request.batch;
  Value dataset = *find_path(request.config, {"data", "test"});
  return loader_setting(request.config, "samples_per_gpu").value_or(take_samples_per_gpu(dataset).value_or(1));
}

std::int64_t workers_per_gpu(const TestRequest& request) {
  if (request.workers >= 0) return request.workers;
  const Value* value = find_path(request.config, {"data", "workers_per_gpu"});
  return loader_setting(request.config, "workers_per_gpu").value_or(value != nullptr && value->is_int() ? value->as_int() : 2);
}

/// `evaluation` with what the command line says.
EvaluationOptions options_of(const TestRequest& request) {
  const Value* evaluation = find_path(request.config, {"evaluation"});
  Value merged = evaluation == nullptr ? Value::dict() : *evaluation;
  if (!request.eval_options.empty()) {
    const Value options = parse_cfg_options(request.eval_options, "--eval-options");
    for (const auto& [key, value] : options.as_dict()) merged.as_dict().set(key, value);
  }
  if (!request.metrics.empty()) {
    Value metrics = Value::list();
    for (const std::string& metric : request.metrics) metrics.push_back(metric);
    merged["metric"] = metrics;
  }
  return evaluation_options(merged);
}

bool are_proposals(const TestRequest& request) {
  const Value* type = find_path(request.config, {"model", "type"});
  return type != nullptr && *type == Value("RPN");
}

TestOptions job_of(const TestRequest& request) {
  TestOptions options{.batch = static_cast<std::size_t>(std::max<std::int64_t>(samples_per_gpu(request), 1)),
                      .workers = static_cast<std::size_t>(std::max<std::int64_t>(workers_per_gpu(request), 0)),
                      .resume = request.resume,
                      .pictures = request.show_dir,
                      .score_threshold = request.show_score_thr};
  if (request.out.empty()) return options;
  options.partial = request.out + ".partial";
  const std::string more = request.device + (request.fuse_conv_bn ? "|fused|" : "|") + std::to_string(request.seed);
  options.identity = run_identity(request.config, request.reference, request.checkpoint, more);
  return options;
}

void write_results(const TestRequest& request, const Dataset& dataset, const std::vector<Detections>& results) {
  if (request.out.empty()) return;
  const fs::path extension = fs::path(request.out).extension();
  const bool proposals = are_proposals(request);
  if (extension == ".json") {
    atomic_write(request.out, results_json(dataset, results, proposals ? ResultColumns::RegionProposals : ResultColumns::All));
  } else {
    atomic_write(request.out, results_pickle(results, dataset.classes().size(), proposals));
  }
}

void print(const EvaluationReport& report, std::ostream& out) {
  out << report.text << '\n';
  for (const auto& [name, value] : report.metrics) out << fmt::format("{}: {:.3f}\n", name, value);
}

void write_numbers(const std::string& path, const EvaluationReport& report, std::ostream& out) {
  nlohmann::ordered_json json;
  for (const auto& [metric, stats] : report.stats) json["stats"][metric] = stats;
  json["metrics"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : report.metrics) json["metrics"][name] = value;
  const std::string text = json.dump(2) + "\n";
  if (path == "-") {
    out << text;
  } else {
    atomic_write(path, text);
  }
}

}  // namespace

int test_action(const TestRequest& request, std::ostream& out, std::ostream& log) {
  const std::string extension = fs::path(request.out).extension();
  if (!request.out.empty() && extension != ".json" && extension != ".pkl" && extension != ".pickle") {
    throw Error("--out " + request.out + " must end in .json, .pkl or .pickle", ErrorKind::Usage);
  }
  const EvaluationOptions options = options_of(request);
  const torch::Device device = device_of(request.device);
  const auto model = build_model(request.config, request.reference);
  const auto dataset = test_dataset(request.config, request.reference);
  refuse_written_dataset(request, *dataset);
  if (request.strict) dataset->findings().refuse();
  if (!dataset->findings().empty() && !request.quiet) log << "note: " << dataset->findings().text();
  if (!request.format_only) {
    // What can not be measured is told before the work, not after it.
    static_cast<void>(evaluate_dataset(*dataset, std::vector<Detections>(dataset->size()), options, request.threads));
  }
  tell(load_weights(*model, {request.checkpoint, request.strict, request.seed, request.partial}), request.quiet, log);
  prepare_for_inference(*model, device);
  if (request.fuse_conv_bn) nn::fuse_conv_bn(*model);

  TerminalObserver observer(log, request.quiet);
  TestJob job(*dataset, *model, device, job_of(request), observer);
  const std::vector<Detections> results = job.detect();
  write_results(request, *dataset, results);
  if (request.format_only) {
    const std::string prefix = options.jsonfile_prefix.value_or("results");
    for (const fs::path& file : format_results(*dataset, results, prefix, are_proposals(request))) out << file.string() << '\n';
  } else {
    const EvaluationReport report = evaluate_dataset(*dataset, results, options, request.threads);
    if (request.json != "-") print(report, out);
    if (!request.json.empty()) write_numbers(request.json, report, out);
  }
  job.finish();
  return job.is_complete() ? 0 : 1;
}

}  // namespace detforge::cli
