#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "detforge/base/allocator.h"
#include "detforge/config/config.h"
#include "detforge/data/loader.h"
#include "detforge/data/pipeline.h"

/// Photos from their files to the batch that a model takes, channels last, by loader threads:
///   DETFORGE_DATA=../shared/data build/release/bench/data_loader_bench --benchmark_format=json
/// compare_loader.py runs it and MMDetection's DataLoader in turns.
namespace detforge {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> photos() {
  const char* data = std::getenv("DETFORGE_DATA");
  const fs::path folder = fs::path(data == nullptr ? "../shared/data" : data) / "coco_tiny/val2017";
  std::vector<fs::path> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

void load(benchmark::State& state, const char* transforms) {
  const std::vector<fs::path> files = photos();
  keep_freed_memory();  // as `detforge test` does
  if (files.empty()) return state.SkipWithError("there are no photos: set DETFORGE_DATA");
  const Config config = Config::from_text(
      std::string("p = [dict(type='LoadImageFromFile'), dict(type='MultiScaleFlipAug', flip=False, ") + transforms + ")]", ".py");
  const Pipeline pipeline = Pipeline::from_config(config["p"], {Reference::V2_27, "p"});
  const auto make = [&](std::size_t index, Random& random) {
    Sample sample;
    sample.meta.filename = files[index].string();
    return pipeline.run(std::move(sample), random);
  };
  std::vector<std::size_t> indices(files.size());
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
  cv::Mat batch;
  for (auto _ : state) {
    Loader loader(make, indices, {.workers = static_cast<std::size_t>(state.range(0)), .ahead = 8, .seed = 0});
    while (const auto sample = loader.next()) {
      sample->views.front().image.convertTo(batch, CV_32F);
      benchmark::DoNotOptimize(batch.data);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(files.size()));
}

void load_1333x800(benchmark::State& state) {
  load(state,
       "img_scale=(1333, 800), transforms=[dict(type='Resize', keep_ratio=True), dict(type='RandomFlip'), dict(type='Normalize', "
       "mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True), dict(type='Pad', size_divisor=32), "
       "dict(type='ImageToTensor', keys=['img']), dict(type='Collect', keys=['img'])]");
}

void load_416(benchmark::State& state) {
  load(state,
       "img_scale=(416, 416), transforms=[dict(type='Resize', keep_ratio=True), dict(type='RandomFlip'), dict(type='Pad', "
       "pad_to_square=True, pad_val=dict(img=(114.0, 114.0, 114.0))), dict(type='DefaultFormatBundle'), dict(type='Collect', "
       "keys=['img'])]");
}

BENCHMARK(load_1333x800)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(load_416)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace detforge

BENCHMARK_MAIN();
