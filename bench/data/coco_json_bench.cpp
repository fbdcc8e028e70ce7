#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "detforge/base/random.h"
#include "detforge/data/datasets/load_coco.h"
#include "detforge/eval/coco/coco_annotations.h"

/// Reading a COCO annotation file: simdjson's own parse, ours into a dataset's columns and into what evaluation takes, nlohmann's DOM.
///   DETFORGE_COCO_JSON=… build/release/bench/data_coco_json_bench --benchmark_format=json
/// reads that file; without it one of train2017's shape and a tenth of its size is made.
namespace detforge {
namespace {

namespace fs = std::filesystem;

void write_polygon(std::string& text, NumpyRandom& random) {
  const std::int64_t points = random.randint(6, 45);
  text += "[[";
  for (std::int64_t i = 0; i < 2 * points; ++i) {
    text += fmt::format("{}{:.2f}", i == 0 ? "" : ", ", 640 * random.random_sample());
  }
  text += "]]";
}

fs::path made_file() {
  const fs::path file = fs::temp_directory_path() / "detforge_coco_json_bench.json";
  NumpyRandom random(1);
  std::string text = R"({"images": [)";
  constexpr int images = 11800, annotations = 86000;
  for (int i = 0; i < images; ++i) {
    text += fmt::format(R"({}{{"license": 3, "file_name": "{:012}.jpg", "coco_url": "http://images.cocodataset.org/train2017/{:012}.jpg", )"
                        R"("height": 480, "width": 640, "date_captured": "2013-11-14 11:18:45", "id": {}}})",
                        i == 0 ? "" : ", ", i, i, i);
  }
  text += R"(], "categories": [)";
  for (int i = 1; i <= 80; ++i)
    text += fmt::format(R"({}{{"supercategory": "thing", "id": {}, "name": "class {}"}})", i == 1 ? "" : ", ", i, i);
  text += R"(], "annotations": [)";
  for (int i = 0; i < annotations; ++i) {
    text += fmt::format(R"({}{{"segmentation": )", i == 0 ? "" : ", ");
    write_polygon(text, random);
    text += fmt::format(R"(, "area": 702.1057499999998, "iscrowd": 0, "image_id": {}, "bbox": [{:.2f}, {:.2f}, {:.2f}, {:.2f}], )"
                        R"("category_id": {}, "id": {}}})",
                        random.randint(0, images), 300 * random.random_sample(), 300 * random.random_sample(),
                        1 + 100 * random.random_sample(), 1 + 100 * random.random_sample(), random.randint(1, 81), i + 1);
  }
  std::ofstream(file) << text << "]}";
  return file;
}

const std::string& file() {
  static const std::string path = [] {
    const char* given = std::getenv("DETFORGE_COCO_JSON");
    return given != nullptr ? std::string(given) : made_file().string();
  }();
  return path;
}

void label(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * fs::file_size(file())));
  state.SetLabel(file());
}

void simdjson_parse(benchmark::State& state) {
  static_cast<void>(file());
  for (auto _ : state) {
    simdjson::dom::parser parser;
    benchmark::DoNotOptimize(parser.load(file()).error());
  }
  label(state);
}

void dataset_columns(benchmark::State& state) {
  AnnotatedDataset::Options options;
  options.ann_file = file();
  std::size_t bytes = 0, rows = 0;
  for (auto _ : state) {
    const LoadedAnnotations loaded = load_coco(options, {});
    bytes = loaded.columns.memory_bytes();
    rows = loaded.columns.size();
  }
  state.counters["bytes_per_annotation"] = static_cast<double>(bytes) / static_cast<double>(rows);
  label(state);
}

void evaluation_columns(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(read_coco_annotations(JsonDocument::read(file()), false));
  label(state);
}

void nlohmann_dom(benchmark::State& state) {
  for (auto _ : state) {
    std::ifstream stream(file());
    benchmark::DoNotOptimize(nlohmann::json::parse(stream));
  }
  label(state);
}

BENCHMARK(simdjson_parse)->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK(dataset_columns)->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK(evaluation_columns)->Unit(benchmark::kMillisecond)->Repetitions(5);
BENCHMARK(nlohmann_dom)->Unit(benchmark::kMillisecond)->Repetitions(3);

}  // namespace
}  // namespace detforge

BENCHMARK_MAIN();
