#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "detforge/base/files.h"
#include "detforge/base/mapped_file.h"
#include "detforge/base/progress.h"
#include "detforge/base/sha256.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/weights.h"
#include "detforge/config/cfg_options.h"
#include "detforge/data/datasets/dataset_config.h"
#include "detforge/data/shape_batches.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/eval/results/partial_results.h"
#include "detforge/eval/results/result_files.h"
#include "detforge/media/media.h"
#include "detforge/models/inference/predictor.h"
#include "detforge/nn/fuse_conv_bn.h"
#include "detforge/visualize/draw_detections.h"

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

/// What the results depend on: continuing with anything else would mix results.
std::string identity_of(const TestRequest& request) {
  Sha256 sha;
  const std::string text = repr(request.config.root()) + (request.reference == Reference::V2_8 ? "|2.8|" : "|2.27|") + request.device +
                           (request.fuse_conv_bn ? "|fused|" : "|") + std::to_string(request.seed);
  sha.add(text.data(), text.size());
  if (request.checkpoint != "random") {
    const MappedFile weights(request.checkpoint);
    sha.add(weights.bytes().data(), weights.bytes().size());
  }
  return sha.hex();
}

bool are_proposals(const TestRequest& request) {
  const Value* type = find_path(request.config, {"model", "type"});
  return type != nullptr && *type == Value("RPN");
}

/// Runs the model over the dataset and hands the results on, as asked for.
class TestRun {
 public:
  TestRun(const TestRequest& request, const Dataset& dataset, Detector& model, torch::Device device, std::ostream& log)
      : request_(request), dataset_(dataset), model_(model), device_(device), log_(log), results_(dataset.size()) {
    if (!request.out.empty()) {
      partial_.emplace(request.out + ".partial", identity_of(request), dataset.size(), request.resume);
    }
  }

  int status() const { return status_; }

  std::vector<Detections> detect() {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < dataset_.size(); ++i) {
      if (!partial_ || !partial_->results()[i]) left.push_back(i);
    }
    if (left.size() < dataset_.size() && !request_.quiet) {
      log_ << fmt::format("note: {} of {} images are done already\n", dataset_.size() - left.size(), dataset_.size());
    }
    const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(samples_per_gpu(request_), 1));
    Loader::Options options;
    options.workers = static_cast<std::size_t>(std::max<std::int64_t>(workers_per_gpu(request_), 0));
    options.ahead = 2 * std::max(batch, options.workers);
    Loader loader([this](std::size_t index, Random& random) { return dataset_.get(index, random); }, left, options);
    ShapeBatches batches([&] { return loader.next(); }, batch, 4 * batch);
    Progress progress(log_, !request_.quiet && isatty(STDERR_FILENO) == 1, "images", left.size());
    for (std::vector<LoadedSample> samples = batches.take(); !samples.empty(); samples = batches.take()) {
      run(samples);
      progress.advance(samples.size());
    }
    return partial_ ? partial_->take() : std::move(results_);
  }

  /// The results are where they belong.
  void finish() {
    if (partial_ && status_ == 0) partial_->remove();
  }

 private:
  /// Told with the first image, not after the last one.
  void check_labels(const Detections& found) const {
    const auto classes = static_cast<std::int64_t>(dataset_.classes().size());
    for (const std::int64_t label : found.labels) {
      if (classes == 0 || label < classes) continue;
      throw Error(fmt::format("the model finds class {}, the dataset has {}", label, classes))
          .help("detforge check says which num_classes the head needs");
    }
  }

  void run(std::vector<LoadedSample>& samples) {
    if (samples.front().error != nullptr) return tell(samples.front());
    std::vector<Views> views;
    for (LoadedSample& sample : samples) views.push_back(std::move(sample.views));
    std::vector<Detections> found = detect_images(model_, views, device_);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      check_labels(found[i]);
      if (!request_.show_dir.empty()) draw(samples[i].index, found[i]);
      if (partial_) {
        partial_->add(samples[i].index, std::move(found[i]));
      } else {
        results_[samples[i].index] = std::move(found[i]);
      }
    }
  }

  /// One bad image is told and the rest go on; it counts as one in which nothing was found.
  void tell(const LoadedSample& sample) {
    try {
      std::rethrow_exception(sample.error);
    } catch (const Error& error) {
      log_ << error.what() << '\n';
      status_ = 1;
    }
  }

  void draw(std::size_t index, const Detections& found) {
    const DatasetPlace place = place_of(dataset_, index);
    const fs::path name = fs::path(place.dataset->image(place.index).filename).lexically_normal();
    const bool leaves = name.is_absolute() || (!name.empty() && *name.begin() == "..");
    const fs::path file = fs::path(request_.show_dir) / color_picture_name(leaves ? name.filename() : name);
    fs::create_directories(file.parent_path());
    DrawOptions options;
    options.score_threshold = request_.show_score_thr;
    const cv::Mat image = read_image(fs::path(place.dataset->img_prefix()) / name);
    write_image(file, draw_detections(image, found, dataset_.classes(), options));
  }

  const TestRequest& request_;
  const Dataset& dataset_;
  Detector& model_;
  torch::Device device_;
  std::ostream& log_;
  std::optional<PartialResults> partial_;
  std::vector<Detections> results_;
  int status_ = 0;
};

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
  if (request.strict) dataset->findings().refuse();
  if (!dataset->findings().empty() && !request.quiet) log << "note: " << dataset->findings().text();
  if (!request.format_only) {
    // What can not be measured is told before the work, not after it.
    static_cast<void>(evaluate_dataset(*dataset, std::vector<Detections>(dataset->size()), options, request.threads));
  }
  static_cast<void>(load_weights(*model, {request.checkpoint, request.strict, request.seed, request.quiet}, log));
  prepare_for_inference(*model, device);
  if (request.fuse_conv_bn) nn::fuse_conv_bn(*model);

  TestRun run(request, *dataset, *model, device, log);
  const std::vector<Detections> results = run.detect();
  write_results(request, *dataset, results);
  if (request.format_only) {
    const std::string prefix = options.jsonfile_prefix.value_or("results");
    for (const fs::path& file : format_results(*dataset, results, prefix, are_proposals(request))) out << file.string() << '\n';
  } else {
    const EvaluationReport report = evaluate_dataset(*dataset, results, options, request.threads);
    if (request.json != "-") print(report, out);
    if (!request.json.empty()) write_numbers(request.json, report, out);
  }
  run.finish();
  return run.status();
}

}  // namespace detforge::cli
