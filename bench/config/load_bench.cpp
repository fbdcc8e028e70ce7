#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "detforge/config/config.h"

/// Loading a config with three bases, in one process:
///   DETFORGE_ZOO=… build/release/bench/config_load_bench --benchmark_format=json
/// reads MMDetection's faster_rcnn_r50_fpn_1x_coco.py of v2.27.0; without the zoo a config of the same shape is made.
namespace detforge {
namespace {

namespace fs = std::filesystem;

/// As many keys and as much nesting as Faster R-CNN, its dataset and schedule have.
fs::path made_config() {
  const fs::path folder = fs::temp_directory_path() / "detforge_load_bench";
  fs::create_directories(folder);
  std::ofstream model(folder / "model.py");
  model << "model = dict(type='FasterRCNN',\n";
  for (int part = 0; part < 8; ++part) {
    model << "    part" << part << "=dict(type='Part',\n        norm_cfg=dict(type='BN', requires_grad=True),\n";
    for (int key = 0; key < 6; ++key) {
      model << "        key" << key << "=[1.0, " << key << ", 'text'],\n        other" << key << "=(0., .1, .2),\n";
    }
    model << "    ),\n";
  }
  model << ")\n";
  std::ofstream data(folder / "data.py");
  data << "norm = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)\npipeline = [\n";
  for (int step = 0; step < 8; ++step) data << "    dict(type='Step" << step << "', scale=(1333, 800), keys=['img', 'boxes'], **norm),\n";
  data << "]\ndata = dict(train=dict(pipeline=pipeline), val=dict(pipeline=pipeline), test=dict(pipeline=pipeline))\n";
  std::ofstream(folder / "schedule.py")
      << "optimizer = dict(type='SGD', lr=0.02, momentum=0.9)\nlr_config = dict(policy='step', step=[8, 11])\n";
  std::ofstream(folder / "main.py") << "_base_ = ['model.py', 'data.py', 'schedule.py']\nmodel = dict(part0=dict(key0=[2]))\n";
  return folder / "main.py";
}

fs::path typical_config() {
  const char* zoo = std::getenv("DETFORGE_ZOO");
  const fs::path file = fs::path(zoo == nullptr ? "" : zoo) / "v2.27.0/configs/faster_rcnn/faster_rcnn_r50_fpn_1x_coco.py";
  return zoo != nullptr && fs::exists(file) ? file : made_config();
}

void load_three_bases(benchmark::State& state, Dialect dialect) {
  const fs::path file = typical_config();
  LoadOptions options;
  options.dialect = dialect;
  for (auto _ : state) benchmark::DoNotOptimize(Config::from_file(file, options));
  state.SetLabel(file.string());
}

BENCHMARK_CAPTURE(load_three_bases, mmcv, Dialect::Mmcv)->Unit(benchmark::kMicrosecond)->Repetitions(5);
BENCHMARK_CAPTURE(load_three_bases, mmengine, Dialect::Mmengine)->Unit(benchmark::kMicrosecond)->Repetitions(5);

}  // namespace
}  // namespace detforge

BENCHMARK_MAIN();
