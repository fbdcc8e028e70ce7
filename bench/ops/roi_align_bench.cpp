#include "detforge/kernels/roi_align.h"

#include <benchmark/benchmark.h>

#include <numeric>

#include "bench/ops/inputs.h"

/// RoIAlign of 1,000 regions out of the finest level of a pyramid, 256 × 200 × 336 at a quarter of the image, forward and backward,
/// with one sample per pixel or 2 × 2 samples per bin (the first argument), 1 and 2 threads (the second), and maps of planes or with
/// channels last (the third).
namespace detforge::kernels {
namespace {

FeatureShape shape_of(const benchmark::State& state) {
  return {1, 256, 200, 336, state.range(2) == 0 ? FeatureLayout::Planes : FeatureLayout::ChannelsLast};
}
constexpr std::uint64_t regions = 1000;

std::vector<float> rois() {
  const std::vector<float> boxes = bench::boxes(regions);
  std::vector<float> values;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (i % 4 == 0) values.push_back(0);
    values.push_back(boxes[i]);
  }
  return values;
}

std::vector<float> feature_map(const FeatureShape& shape) {
  const auto pixels = static_cast<std::size_t>(shape.plane()), channels = static_cast<std::size_t>(shape.channels);
  std::vector<float> values(channels * pixels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t place = shape.layout == FeatureLayout::Planes ? i : i % pixels * channels + i / pixels;
    values[place] = static_cast<float>(bench::uniform(i));
  }
  return values;
}

RoIAlignOptions options_of(const benchmark::State& state) { return {.spatial_scale = 0.25, .sampling_ratio = state.range(0)}; }

void forward(benchmark::State& state) {
  const FeatureShape shape = shape_of(state);
  const std::vector<float> input = feature_map(shape), boxes = rois();
  std::vector<float> output(regions * 256 * 49);
  for (auto _ : state) {
    roi_align<float>(input, shape, boxes, options_of(state), output,
                     kernels::Execution{.threads = static_cast<std::size_t>(state.range(1))});
    benchmark::ClobberMemory();
  }
  state.counters["sum"] = std::accumulate(output.begin(), output.end(), 0.0);
}

void backward(benchmark::State& state) {
  const FeatureShape shape = shape_of(state);
  const std::vector<float> boxes = rois(), grad_output(regions * 256 * 49, 1.0F);
  std::vector<float> grad_input(static_cast<std::size_t>(shape.channels * shape.plane()));
  for (auto _ : state) {
    std::fill(grad_input.begin(), grad_input.end(), 0.0F);
    roi_align_backward<float>(grad_output, shape, boxes, options_of(state), grad_input,
                              kernels::Execution{.threads = static_cast<std::size_t>(state.range(1))});
    benchmark::ClobberMemory();
  }
  state.counters["sum"] = std::accumulate(grad_input.begin(), grad_input.end(), 0.0);
}

void arguments(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"samples", "cores", "channels_last"})
      ->ArgsProduct({{0, 2}, {1, 2}, {0, 1}})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK(forward)->Apply(arguments);
BENCHMARK(backward)->Apply(arguments);

}  // namespace
}  // namespace detforge::kernels

BENCHMARK_MAIN();
