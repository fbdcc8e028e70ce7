#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "detforge/base/files.h"
#include "detforge/base/version.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/cli/torch/weights.h"
#include "detforge/media/media.h"
#include "detforge/models/inference/predictor.h"
#include "detforge/models/inference/stage_times.h"

namespace detforge::cli {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// An image, and what the model sees of noise of its size; nothing of an image of the user's, which the test pipeline prepares.
struct Input {
  cv::Mat frame;  // 8-bit BGR
  torch::Tensor images;
  ImageMeta meta;
};

Input make_input(const BenchmarkRequest& request) {
  if (!request.image.empty()) return {read_image(request.image), {}, {}};
  const auto padded = [](std::int64_t size) { return (size + 31) / 32 * 32; };
  torch::manual_seed(request.seed);
  const torch::Tensor noise = torch::randint(256, {request.height, request.width, 3}, torch::kByte);
  Input input;
  input.frame = cv::Mat(static_cast<int>(request.height), static_cast<int>(request.width), CV_8UC3, noise.data_ptr()).clone();
  input.images = torch::randn({1, 3, padded(request.height), padded(request.width)}).contiguous(torch::MemoryFormat::ChannelsLast);
  input.meta.ori_shape = input.meta.img_shape = {request.height, request.width};
  input.meta.pad_shape = input.meta.batch_input_shape = {padded(request.height), padded(request.width)};
  return input;
}

struct Measured {
  std::size_t detections = 0;
  std::vector<double> runs_ms;
  std::vector<std::pair<std::string, std::vector<double>>> stages_ms;  // in their order
};

/// One row of a run, `preprocess` first where the config says how.
void add_stage(Measured& measured, const std::string& name, double value) {
  auto& stages = measured.stages_ms;
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& stage) { return stage.first == name; });
  if (found == stages.end()) {
    stages.push_back({name, {value}});
  } else {
    found->second.push_back(value);
  }
}

bool has_test_pipeline(const Config& config) {
  const Value* value = &config.root();
  for (const char* key : {"data", "test", "pipeline"}) {
    value = value->find(key);
    if (value == nullptr || !(value->is_dict() || value->is_sequence())) return false;
  }
  return true;
}

/// Detections of the views that the pipeline made of an image, else of the noise.
std::size_t detect_once(Detector& model, Predictor* predictor, const std::vector<Views>& views, const torch::Tensor& images,
                        const ImageMeta& meta) {
  return (images.defined() ? model.predict(images, {&meta, 1}) : predictor->detect(views)).front().size();
}

/// The model's own time is the run's; preprocessing is told beside it.
Measured measure(const BenchmarkRequest& request, Detector& model, Predictor* predictor, const Input& input, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  StageTimes times(model);
  const torch::Tensor images = input.images.defined() ? input.images.to(device) : input.images;
  Measured measured;
  for (int run = -1; run < request.repeat; ++run) {
    const auto before_preprocess = Clock::now();
    std::vector<Views> views;
    if (predictor != nullptr) views.push_back(predictor->prepare(input.frame));
    const double preprocess = milliseconds_since(before_preprocess);
    const auto begin = Clock::now();
    {
      const nn::ObserverGuard guard(times);
      if (request.dense) {
        model.forward(images);
      } else {
        measured.detections = detect_once(model, predictor, views, images, input.meta);
      }
    }
    const double total = milliseconds_since(begin);
    const StageTimes::Seconds seconds = times.take();
    if (run < 0) continue;
    measured.runs_ms.push_back(total);
    if (predictor != nullptr) add_stage(measured, "preprocess", preprocess);
    double rest = total;
    for (const auto& [name, stage] :
         {std::pair{"backbone_neck", StageTimes::BackboneAndNeck}, {"heads", StageTimes::Heads}, {"roi", StageTimes::RoI}}) {
      add_stage(measured, name, 1e3 * seconds[stage]);
      rest -= 1e3 * seconds[stage];
    }
    add_stage(measured, "postprocess", rest);
  }
  return measured;
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

nlohmann::ordered_json document_of(const BenchmarkRequest& request, const Input& input, const Measured& measured) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::object();
  for (const auto& [name, values] : measured.stages_ms) stages[name] = median(values);
  return {{"config", request.config.filename()},
          {"version", version()},
          {"engine", "eager"},
          {"precision", "f32"},
          {"part", request.dense ? "dense" : "all"},
          {"device", request.device},
          {"threads", torch::get_num_threads()},
          {"shape", {input.frame.rows, input.frame.cols}},
          {"detections", measured.detections},
          {"runs_ms", measured.runs_ms},
          {"median_ms", median(measured.runs_ms)},
          {"stages_ms", stages},
          {"peak_memory_bytes", peak_memory_bytes()}};
}

void write_table(const BenchmarkRequest& request, const Input& input, const Measured& measured, std::ostream& out) {
  const auto [least, most] = std::minmax_element(measured.runs_ms.begin(), measured.runs_ms.end());
  out << fmt::format("{} × {} px, {} threads, {} runs", input.frame.rows, input.frame.cols, torch::get_num_threads(), request.repeat);
  out << (request.dense ? "\n" : fmt::format(", {} detections\n", measured.detections));
  for (const auto& [name, values] : measured.stages_ms) out << fmt::format("  {:<14} {:>9.1f} ms\n", name, median(values));
  out << fmt::format("  {:<14} {:>9.1f} ms (median; {:.1f} to {:.1f}), without preprocessing\n", "model", median(measured.runs_ms), *least,
                     *most);
  out << fmt::format("  {:<14} {:>9.0f} MB\n", "peak memory", static_cast<double>(peak_memory_bytes()) / 1e6);
}

}  // namespace

int benchmark_action(const BenchmarkRequest& request, std::ostream& out, std::ostream& log) {
  const torch::Device device = device_of(request.device);
  const auto model = build_model(request.config, request.reference);
  load_weights(*model, {request.checkpoint, /*strict=*/false, request.seed, request.quiet}, log);
  std::unique_ptr<Predictor> predictor;
  if (has_test_pipeline(request.config) || !request.image.empty()) {
    predictor = std::make_unique<Predictor>(model, request.config, request.reference, device);
  } else {
    prepare_for_inference(*model, device);
  }
  const Input input = make_input(request);
  const Measured measured = measure(request, *model, predictor.get(), input, device);
  if (request.json.empty()) {
    write_table(request, input, measured, out);
  } else if (const std::string text = document_of(request, input, measured).dump(1) + "\n"; request.json == "-") {
    out << text;
  } else {
    atomic_write(request.json, text);
  }
  return 0;
}

}  // namespace detforge::cli
