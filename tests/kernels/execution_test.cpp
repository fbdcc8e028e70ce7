#include "detforge/kernels/execution.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <vector>

#include "detforge/kernels/carafe.h"
#include "detforge/kernels/roi_align.h"

namespace detforge::kernels {
namespace {

/// Counts what it hands out, to all threads.
class CountingMemory : public std::pmr::memory_resource {
 public:
  std::atomic<std::size_t> bytes = 0, in_use = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    bytes += size;
    in_use += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
    in_use -= size;
    std::pmr::new_delete_resource()->deallocate(memory, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

std::vector<float> numbers(std::size_t count) {
  std::mt19937 random(1);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random() % 1000) / 1000;
  return values;
}

/// Runs a kernel with one thread and with several and memory of its own: the same numbers, and all of the memory given back.
template <class Run>
void expect_the_same_however_executed(std::size_t results, const Run& run) {
  std::vector<float> alone(results), together(results);
  run(std::span<float>(alone), Execution{});
  CountingMemory memory;
  run(std::span<float>(together), Execution{.threads = 3, .memory = &memory});
  EXPECT_EQ(alone, together);
  EXPECT_GT(memory.bytes, 0U);
  EXPECT_EQ(memory.in_use, 0U);
}

TEST(Execution, RoIAlignIsTheSameAndTakesItsMemoryFromIt) {
  for (const FeatureLayout layout : {FeatureLayout::Planes, FeatureLayout::ChannelsLast}) {
    const FeatureShape shape{2, 17, 13, 11, layout};
    const std::vector<float> input = numbers(2 * 17 * 13 * 11), rois = {0, 1, 1, 9, 9, 1, 0, 2, 10, 12, 1, 3, 3, 5, 4};
    RoIAlignOptions options;
    options.output_height = options.output_width = 7;
    expect_the_same_however_executed(3 * 17 * 7 * 7, [&](std::span<float> output, const Execution& execution) {
      roi_align<float>(input, shape, rois, options, output, execution);
    });
  }
}

TEST(Execution, CarafeIsTheSameAndTakesItsMemoryFromIt) {
  const FeatureShape shape{1, 4, 6, 5};
  const std::vector<float> input = numbers(4 * 6 * 5), masks = numbers(25 * 12 * 10);
  expect_the_same_however_executed(
      4 * 12 * 10, [&](std::span<float> output, const Execution& execution) { carafe<float>(input, masks, shape, {}, output, execution); });
}

}  // namespace
}  // namespace detforge::kernels
