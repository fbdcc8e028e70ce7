#include "detforge/data/datasets/dataset_statistics.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace detforge {

namespace {

const std::vector<std::string> size_ranges = {"0-8", "8-16", "16-32", "32-64", "64-96", "96-128", "128-256", "256-512", "512-"};
const std::vector<double> size_borders = {8, 16, 32, 64, 96, 128, 256, 512};
const std::vector<std::string> ratio_ranges = {"-1:8", "1:8-1:4", "1:4-1:2", "1:2-1:1", "1:1-2:1", "2:1-4:1", "4:1-8:1", "8:1-"};
const std::vector<double> ratio_borders = {1. / 8, 1. / 4, 1. / 2, 1, 2, 4, 8};

/// Range i ends before border i.
Histogram histogram_of(const std::vector<double>& numbers, const std::vector<std::string>& ranges, const std::vector<double>& borders) {
  Histogram histogram{ranges, std::vector<std::size_t>(ranges.size())};
  for (const double number : numbers) {
    ++histogram.counts[static_cast<std::size_t>(std::upper_bound(borders.begin(), borders.end(), number) - borders.begin())];
  }
  return histogram;
}

class StatisticsCollector {
 public:
  void add(const ImageInfo& image, const AnnInfo& annotations) {
    image_width_.push_back(static_cast<double>(image.size.width));
    image_height_.push_back(static_cast<double>(image.size.height));
    objects_.push_back(static_cast<double>(annotations.bboxes.size()));
    statistics_.empty_images += annotations.bboxes.empty() ? 1 : 0;
    statistics_.ignored += annotations.bboxes_ignore.size();
    for (const auto& [x1, y1, x2, y2] : annotations.bboxes) add_box(double{x2} - double{x1}, double{y2} - double{y1});
    for (const std::int64_t label : annotations.labels) ++class_at(label).objects;
    for (const std::int64_t label : std::set(annotations.labels.begin(), annotations.labels.end())) ++class_at(label).images;
  }

  DatasetStatistics finish(const std::vector<std::string>& names) {
    statistics_.images = objects_.size();
    statistics_.objects = widths_.size();
    if (statistics_.classes.size() < names.size()) statistics_.classes.resize(names.size());
    for (std::size_t i = 0; i < statistics_.classes.size(); ++i) {
      statistics_.classes[i].name = i < names.size() ? names[i] : std::to_string(i);
    }
    statistics_.image_width = quantiles(image_width_);
    statistics_.image_height = quantiles(image_height_);
    statistics_.box_width = quantiles(widths_);
    statistics_.box_height = quantiles(heights_);
    statistics_.objects_per_image = quantiles(objects_);
    statistics_.box_sizes = histogram_of(sizes_, size_ranges, size_borders);
    statistics_.aspect_ratios = histogram_of(ratios_, ratio_ranges, ratio_borders);
    return std::move(statistics_);
  }

 private:
  void add_box(double width, double height) {
    const double area = std::max(0.0, width) * std::max(0.0, height);
    ++(area < 32. * 32 ? statistics_.small : area < 96. * 96 ? statistics_.medium : statistics_.large);
    widths_.push_back(width);
    heights_.push_back(height);
    sizes_.push_back(std::sqrt(area));
    if (area > 0) ratios_.push_back(width / height);
  }

  DatasetStatistics::Class& class_at(std::int64_t label) {
    const auto index = static_cast<std::size_t>(label);
    if (index >= statistics_.classes.size()) statistics_.classes.resize(index + 1);
    return statistics_.classes[index];
  }

  DatasetStatistics statistics_;
  std::vector<double> image_width_, image_height_, widths_, heights_, sizes_, ratios_, objects_;
};

}  // namespace

Quantiles quantiles(std::vector<double> numbers) {
  if (numbers.empty()) return {};
  std::sort(numbers.begin(), numbers.end());
  constexpr std::array<double, 5> shares = {0, 0.05, 0.5, 0.95, 1};
  Quantiles found{};
  for (std::size_t i = 0; i < shares.size(); ++i)
    found[i] = numbers[static_cast<std::size_t>(shares[i] * static_cast<double>(numbers.size() - 1))];
  return found;
}

DatasetStatistics statistics_of(const Dataset& dataset) {
  StatisticsCollector collector;
  for (std::size_t i = 0; i < dataset.size(); ++i) collector.add(dataset.image(i), dataset.annotations(i));
  return collector.finish(dataset.classes());
}

}  // namespace detforge
