#include "detforge/apps/benchmark_job.h"

#include <algorithm>
#include <chrono>

#include "detforge/media/media.h"
#include "detforge/models/inference/stage_times.h"

namespace detforge {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }

/// An image, and what the model sees of noise of its size; nothing of an image of the user's, which the test pipeline prepares.
struct Input {
  cv::Mat frame;  // 8-bit BGR
  torch::Tensor images;
  ImageMeta meta;
};

Input make_input(const BenchmarkOptions& options) {
  if (!options.image.empty()) return {read_image(options.image), {}, {}};
  const auto padded = [](std::int64_t size) { return (size + 31) / 32 * 32; };
  torch::manual_seed(options.seed);
  const torch::Tensor noise = torch::randint(256, {options.shape.height, options.shape.width, 3}, torch::kByte);
  Input input;
  input.frame = cv::Mat(static_cast<int>(options.shape.height), static_cast<int>(options.shape.width), CV_8UC3, noise.data_ptr()).clone();
  input.images =
      torch::randn({1, 3, padded(options.shape.height), padded(options.shape.width)}).contiguous(torch::MemoryFormat::ChannelsLast);
  input.meta.ori_shape = input.meta.img_shape = {options.shape.height, options.shape.width};
  input.meta.pad_shape = input.meta.batch_input_shape = {padded(options.shape.height), padded(options.shape.width)};
  return input;
}

/// One row of a run, `preprocess` first where the config says how.
void add_stage(BenchmarkReport& report, const std::string& name, double value) {
  auto& stages = report.stages_ms;
  const auto found = std::find_if(stages.begin(), stages.end(), [&](const auto& stage) { return stage.first == name; });
  if (found == stages.end()) {
    stages.push_back({name, {value}});
  } else {
    found->second.push_back(value);
  }
}

}  // namespace

BenchmarkReport benchmark_job(const std::shared_ptr<Detector>& model, const std::optional<Pipeline>& pipeline,
                              const BenchmarkOptions& options) {
  std::unique_ptr<Inference> inference;
  if (pipeline) {
    inference = std::make_unique<Inference>(model, *pipeline, Inference::Options{.device = options.device});
  } else {
    prepare_for_inference(*model, options.device);
  }
  const Input input = make_input(options);
  const torch::NoGradGuard no_grad;
  StageTimes times(*model);
  const torch::Tensor images = input.images.defined() ? input.images.to(options.device) : input.images;
  BenchmarkReport report;
  report.shape = {input.frame.rows, input.frame.cols};
  for (int run = -1; run < options.repeat; ++run) {
    const auto before_preprocess = Clock::now();
    std::vector<Views> views;
    if (inference != nullptr) views.push_back(inference->prepare(input.frame));
    const double preprocess = milliseconds_since(before_preprocess);
    const auto begin = Clock::now();
    {
      const nn::ObserverGuard guard(times);
      if (options.is_dense) {
        model->forward(images);
      } else if (images.defined()) {
        report.detections = model->predict(images, {&input.meta, 1}).front().size();
      } else {
        report.detections = inference->detect(views).front().size();
      }
    }
    const double total = milliseconds_since(begin);
    const StageTimes::Seconds seconds = times.take();
    if (run < 0) continue;
    report.runs_ms.push_back(total);
    if (inference != nullptr) add_stage(report, "preprocess", preprocess);
    double rest = total;
    for (const auto& [name, stage] :
         {std::pair{"backbone_neck", StageTimes::BackboneAndNeck}, {"heads", StageTimes::Heads}, {"roi", StageTimes::RoI}}) {
      add_stage(report, name, 1e3 * seconds[stage]);
      rest -= 1e3 * seconds[stage];
    }
    add_stage(report, "postprocess", rest);
  }
  return report;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace detforge
