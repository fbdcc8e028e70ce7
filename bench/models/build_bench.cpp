#include <benchmark/benchmark.h>

#include "detforge/config/config.h"
#include "detforge/models/detectors/detector.h"

/// Building a model from its config that is already loaded: allocation of every layer, without initialisation.
///   build/release/bench/models_build_bench --benchmark_format=json
namespace detforge {
namespace {

void build(benchmark::State& state, const char* file) {
  const Config config = Config::from_file(std::string(DETFORGE_SOURCE_DIR) + "/" + file);
  for (auto _ : state) benchmark::DoNotOptimize(build_detector(config["model"]));
  state.SetLabel(file);
}

BENCHMARK_CAPTURE(build, seed_yolov5, "configs/yolo/yolov5.py")->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK_CAPTURE(build, yolox_nano, "configs/yolox/yolox_nano_8x8_300e_coco.py")->Unit(benchmark::kMillisecond)->Repetitions(5);

}  // namespace
}  // namespace detforge

BENCHMARK_MAIN();
