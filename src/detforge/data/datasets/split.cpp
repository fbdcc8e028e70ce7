#include "detforge/data/datasets/split.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace detforge {

namespace {

std::vector<std::size_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i-- > 1;)
    std::swap(order[i], order[static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(i) + 1))]);
  return order;
}

/// `count` by their shares.
std::vector<double> parts_of(double count, std::span<const double> shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<double> parts;
  for (const double share : shares) parts.push_back(count * share / sum);
  return parts;
}

/// What each part still lacks, of images and of each class.
class SplitNeeds {
 public:
  SplitNeeds(const std::vector<std::set<std::int64_t>>& classes, std::span<const double> shares)
      : images_(parts_of(static_cast<double>(classes.size()), shares)) {
    std::map<std::int64_t, std::size_t> totals;
    for (const auto& of_image : classes) {
      for (const std::int64_t id : of_image) ++totals[id];
    }
    for (const auto& [id, count] : totals) by_class_[id] = parts_of(static_cast<double>(count), shares);
  }

  /// The part that lacks most of a class, by images where that is equal; without a class by images alone.
  std::size_t neediest(const std::int64_t* id) const {
    std::size_t best = 0;
    const auto need = [&](std::size_t part) { return std::pair(id == nullptr ? 0 : by_class_.at(*id)[part], images_[part]); };
    for (std::size_t part = 1; part < images_.size(); ++part) {
      if (need(part) > need(best)) best = part;
    }
    return best;
  }

  void give(std::size_t part, const std::set<std::int64_t>& classes) {
    --images_[part];
    for (const std::int64_t id : classes) --by_class_[id][part];
  }

 private:
  std::vector<double> images_;
  std::map<std::int64_t, std::vector<double>> by_class_;
};

}  // namespace

std::vector<std::size_t> split_images(std::size_t images, std::span<const double> shares, Random& random) {
  const std::vector<double> parts = parts_of(static_cast<double>(images), shares);
  const std::vector<std::size_t> order = shuffled(images, random);
  std::vector<std::size_t> part_of(images);
  std::size_t part = 0;
  double end = parts[0];
  for (std::size_t i = 0; i < images; ++i) {
    while (static_cast<double>(i) + 0.5 > end && part + 1 < parts.size()) end += parts[++part];
    part_of[order[i]] = part;
  }
  return part_of;
}

std::vector<std::size_t> split_stratified(const std::vector<std::vector<std::int64_t>>& classes, std::span<const double> shares,
                                          Random& random) {
  std::vector<std::set<std::int64_t>> sets;
  for (const auto& of_image : classes) sets.emplace_back(of_image.begin(), of_image.end());
  SplitNeeds needs(sets, shares);
  std::map<std::int64_t, std::vector<std::size_t>> waiting;  // images of each class, in a random order
  const std::vector<std::size_t> order = shuffled(classes.size(), random);
  for (const std::size_t image : order) {
    for (const std::int64_t id : sets[image]) waiting[id].push_back(image);
  }
  constexpr auto nowhere = static_cast<std::size_t>(-1);
  std::vector<std::size_t> part_of(classes.size(), nowhere);
  const auto place = [&](std::size_t image, const std::int64_t* id) {
    part_of[image] = needs.neediest(id);
    needs.give(part_of[image], sets[image]);
  };
  while (!waiting.empty()) {
    for (auto& [id, images] : waiting) std::erase_if(images, [&](std::size_t image) { return part_of[image] != nowhere; });
    std::erase_if(waiting, [](const auto& entry) { return entry.second.empty(); });
    const auto rarest =
        std::min_element(waiting.begin(), waiting.end(), [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    if (rarest == waiting.end()) break;
    for (const std::size_t image : rarest->second) place(image, &rarest->first);
  }
  for (const std::size_t image : order) {
    if (part_of[image] == nowhere) place(image, nullptr);
  }
  return part_of;
}

}  // namespace detforge
