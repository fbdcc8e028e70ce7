#include "detforge/data/loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <opencv2/core.hpp>

#include "detforge/base/error.h"
#include "detforge/data/shape_batches.h"

namespace detforge {
namespace {

std::vector<std::size_t> first(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

Sample sample_of(int rows, int cols) {
  Sample sample;
  sample.image = cv::Mat(rows, cols, CV_8UC1);
  return sample;
}

/// The first draw of each sample, made by so many workers, in the order in which the samples come.
std::vector<std::pair<std::size_t, double>> draws(std::size_t workers, std::uint64_t seed) {
  const auto make = [](std::size_t index, Random& random) {
    if (index % 3 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    Sample sample;
    sample.wanted_scale_factor = random.random_sample();
    return std::vector<Sample>{sample};
  };
  std::vector<std::size_t> indices = first(50);
  indices.push_back(7);  // a sample that comes twice draws anew
  Loader loader(make, indices, {.workers = workers, .ahead = 4, .seed = seed});
  std::vector<std::pair<std::size_t, double>> all;
  while (const auto sample = loader.next()) all.emplace_back(sample->index, *sample->views.front().wanted_scale_factor);
  return all;
}

TEST(Loader, GivesTheSameSamplesInTheSameOrderForAnyNumberOfWorkers) {
  const auto alone = draws(0, 1);
  ASSERT_EQ(alone.size(), 51U);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(alone[i].first, i);
  for (const std::size_t workers : {1U, 2U, 3U, 8U, 100U}) EXPECT_EQ(draws(workers, 1), alone) << workers;
  EXPECT_NE(draws(2, 2), alone);
  EXPECT_NE(alone[7].second, alone[50].second);
  EXPECT_NE(alone[0].second, alone[1].second);
}

TEST(Loader, HoldsABoundedNumberOfSamples) {
  std::atomic<std::size_t> made = 0;
  const auto make = [&](std::size_t, Random&) {
    ++made;
    return std::vector<Sample>(1);
  };
  Loader loader(make, first(100), {.workers = 3, .ahead = 5});
  for (std::size_t taken = 1; taken <= 20; ++taken) {
    ASSERT_TRUE(loader.next().has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_LE(made, taken + 5);
  }
}

TEST(Loader, HandsOutWhatASampleThrewInItsPlace) {
  const auto make = [](std::size_t index, Random&) -> std::vector<Sample> {
    if (index == 2) throw Error("this image is damaged");
    return std::vector<Sample>(1);
  };
  for (const std::size_t workers : {0U, 2U}) {
    Loader loader(make, first(4), {.workers = workers});
    for (std::size_t i = 0; i < 4; ++i) {
      const auto sample = loader.next();
      ASSERT_TRUE(sample.has_value());
      EXPECT_EQ(sample->error != nullptr, i == 2);
      EXPECT_EQ(sample->views.size(), i == 2 ? 0U : 1U);
    }
    EXPECT_FALSE(loader.next().has_value());
  }
}

TEST(Loader, HasNothingOfNothing) {
  Loader loader([](std::size_t, Random&) { return std::vector<Sample>(); }, {}, {.workers = 2});
  EXPECT_FALSE(loader.next().has_value());
}

/// The batches of samples of these sizes, as indices; 0 stands for one that failed.
std::vector<std::vector<std::size_t>> batches_of(const std::vector<int>& sides, std::size_t batch, std::size_t window) {
  std::size_t next = 0;
  ShapeBatches batches(
      [&]() -> std::optional<LoadedSample> {
        if (next == sides.size()) return std::nullopt;
        const int side = sides[next];
        LoadedSample sample{next++, {}, {}};
        if (side == 0) {
          sample.error = std::make_exception_ptr(Error("damaged"));
        } else {
          sample.views.push_back(sample_of(side, side));
        }
        return sample;
      },
      batch, window);
  std::vector<std::vector<std::size_t>> all;
  for (auto samples = batches.take(); !samples.empty(); samples = batches.take()) {
    all.emplace_back();
    for (const LoadedSample& sample : samples) all.back().push_back(sample.index);
  }
  return all;
}

TEST(ShapeBatches, PutImagesOfOneShapeTogether) {
  using Batches = std::vector<std::vector<std::size_t>>;
  EXPECT_EQ(batches_of({5, 5, 5, 5, 5}, 2, 8), (Batches{{0, 1}, {2, 3}, {4}}));
  EXPECT_EQ(batches_of({5, 7, 5, 7}, 2, 8), (Batches{{0, 2}, {1, 3}}));
  EXPECT_EQ(batches_of({5, 7, 9, 7, 5}, 1, 1), (Batches{{0}, {1}, {2}, {3}, {4}}));
  // Three wait at most: the oldest goes alone.
  EXPECT_EQ(batches_of({5, 7, 9, 11, 5}, 2, 3), (Batches{{0}, {1}, {2}, {3}, {4}}));
  EXPECT_EQ(batches_of({5, 0, 5}, 2, 8), (Batches{{0, 2}, {1}}));
  EXPECT_EQ(batches_of({}, 2, 8), Batches{});
}

}  // namespace
}  // namespace detforge
