#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <set>

#include "detforge/apps/inference.h"
#include "detforge/base/files.h"
#include "detforge/checkpoint/checkpoint.h"
#include "detforge/config/config.h"
#include "detforge/data/pipeline.h"
#include "detforge/media/media.h"
#include "detforge/models/inference/stage_times.h"
#include "detforge/nn/load_state_dict.h"

/// What one photo costs with YOLOX-Nano, part by part: decoding the JPEG, the test pipeline, backbone with neck and head, and from the
/// head's outputs to detections.
///   DETFORGE_DATA=… build/release/bench/models_inference_detect_bench --benchmark_format=json
/// takes the first photo of coco_tiny/val2017 and yolox_nano_coco.pth from there; without them a made picture and random weights.
namespace detforge {
namespace {

namespace fs = std::filesystem;

fs::path data(const std::string& name) {
  const char* folder = std::getenv("DETFORGE_DATA");
  return folder == nullptr ? fs::path() : fs::path(folder) / name;
}

/// 640×480 px of waves in three colours.
std::string made_photo() {
  cv::Mat image(480, 640, CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      for (int c = 0; c < 3; ++c)
        image.at<cv::Vec3b>(y, x)[c] = static_cast<unsigned char>(128 + 100 * std::sin(x * (c + 1) / 40.0 + y / 25.0));
    }
  }
  return encode_image(image, ".jpg");
}

std::string photo() {
  const fs::path folder = data("coco_tiny/val2017");
  if (folder.empty() || !fs::exists(folder)) return made_photo();
  std::set<fs::path> photos;
  for (const auto& entry : fs::directory_iterator(folder)) photos.insert(entry.path());
  return photos.empty() ? made_photo() : read_file(*photos.begin(), 1U << 30U);
}

/// The parts of a detection, each on what the one before it gave.
struct Parts {
  Config config = Config::from_file(DETFORGE_SOURCE_DIR "/configs/yolox/yolox_nano_8x8_300e_coco.py");
  std::string encoded = photo();
  cv::Mat decoded = decode_image(encoded, ColorMode::Color, "photo");
  std::shared_ptr<Detector> model = build_detector(config["model"]);
  Inference inference{model, inference_pipeline(config, Reference::V2_8), {}};
  Views views = inference.prepare(decoded);

  Parts() {
    const fs::path checkpoint = data("yolox_nano_coco.pth");
    if (!checkpoint.empty() && fs::exists(checkpoint)) {
      nn::load_state_dict(*model, Checkpoint::read(checkpoint));
    } else {
      init_random_weights(*model, 0);
    }
  }
};

Parts& parts() {
  static Parts all;
  return all;
}

void decode(benchmark::State& state) {
  const std::string& encoded = parts().encoded;
  for (auto _ : state) benchmark::DoNotOptimize(decode_image(encoded, ColorMode::Color, "photo"));
}

void preprocess(benchmark::State& state) {
  Parts& all = parts();
  for (auto _ : state) benchmark::DoNotOptimize(all.inference.prepare(all.decoded));
}

enum class Part { Forward, Postprocess };

/// The dense part, or what `detect` does besides: the batch, decoding of the outputs, NMS.
void detect(benchmark::State& state, Part part) {
  Parts& all = parts();
  const std::vector<Views> images = {all.views};
  StageTimes times(*all.model);
  const nn::ObserverGuard watching(times);
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(all.inference.detect(images));
    const double whole = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const StageTimes::Seconds stages = times.take();
    const double forward = std::accumulate(stages.begin(), stages.end(), 0.0);
    state.SetIterationTime(part == Part::Forward ? forward : whole - forward);
  }
}

BENCHMARK(decode)->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK(preprocess)->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK_CAPTURE(detect, forward, Part::Forward)->UseManualTime()->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK_CAPTURE(detect, postprocess, Part::Postprocess)->UseManualTime()->Unit(benchmark::kMillisecond)->Repetitions(5);

}  // namespace
}  // namespace detforge

BENCHMARK_MAIN();
