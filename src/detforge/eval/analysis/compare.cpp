#include "detforge/eval/analysis/compare.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "detforge/base/parallel.h"
#include "detforge/base/random.h"

namespace detforge {

Comparison compare_results(std::span<const Detections> first, std::span<const Detections> second, std::span<const ImageTruth> truth,
                           std::size_t classes, std::size_t resamples, std::uint32_t seed, std::size_t threads) {
  std::vector<std::size_t> all(truth.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Comparison comparison;
  comparison.first_classes = class_precisions(first, truth, all, classes, threads);
  comparison.second_classes = class_precisions(second, truth, all, classes, threads);
  comparison.first = mean_of_present(comparison.first_classes);
  comparison.second = mean_of_present(comparison.second_classes);
  comparison.first_images = image_precisions(first, truth, classes, threads);
  comparison.second_images = image_precisions(second, truth, classes, threads);

  std::vector<double> differences(truth.empty() ? 0 : resamples);
  parallel_for(differences.size(), threads, [&](std::size_t i) {
    NumpyRandom random(seed + static_cast<std::uint32_t>(i));  // a stream for each draw: threads do not matter
    std::vector<std::size_t> images(truth.size());
    for (std::size_t& image : images) image = static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(truth.size())));
    differences[i] = mean_of_present(class_precisions(second, truth, images, classes, 1)) -
                     mean_of_present(class_precisions(first, truth, images, classes, 1));
  });
  std::erase_if(differences, [](double value) { return std::isnan(value); });
  std::sort(differences.begin(), differences.end());
  if (!differences.empty()) {
    const auto at = [&](double part) {
      return differences[static_cast<std::size_t>(std::lround(part * static_cast<double>(differences.size() - 1)))];
    };
    comparison.difference = {at(0.025), at(0.975)};
  }
  return comparison;
}

}  // namespace detforge
