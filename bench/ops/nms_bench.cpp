#include "detforge/kernels/nms.h"

#include <benchmark/benchmark.h>

#include <algorithm>

#include "bench/ops/inputs.h"

/// NMS of 10,000 boxes at an IoU of 0.5: as they are, and crowded into a tenth of the image each way, where few are kept.
namespace detforge::kernels {
namespace {

void nms_of_boxes(benchmark::State& state, float spread) {
  const auto count = static_cast<std::uint64_t>(state.range(0));
  const std::vector<float> values = bench::boxes(count), scores = bench::scores(count);
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < values.size(); i += 4) {
    const float width = values[i + 2] - values[i], height = values[i + 3] - values[i + 1];
    boxes.push_back({values[i] * spread, values[i + 1] * spread, values[i] * spread + width, values[i + 1] * spread + height});
  }
  std::size_t kept = 0;
  for (auto _ : state) benchmark::DoNotOptimize(kept = nms(boxes, scores, 0.5F).size());
  state.counters["kept"] = static_cast<double>(kept);
}

BENCHMARK_CAPTURE(nms_of_boxes, all_over, 1.0F)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(nms_of_boxes, crowded, 0.1F)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace detforge::kernels

BENCHMARK_MAIN();
